#!/bin/sh
printf 'Content-Type: text/plain\n\nhello by %s at %s\n' "$REQUEST_SCHEME" "$SERVER_PORT"
