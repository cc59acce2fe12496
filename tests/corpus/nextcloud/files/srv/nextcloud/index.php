<?php echo 'scheme ', $_SERVER['REQUEST_SCHEME'], ' https ', $_SERVER['HTTPS'] ?? 'off', "\n";
