# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.encrypt.httpd.plugins.module_utils._handshake import Answer
from ansible_collections.encrypt.httpd.plugins.module_utils._reach import NO_TIME, Heard, judge

OURS, FRONT, SIX = "192.0.2.7", "198.51.100.7", "2001:db8::7"
KEY = b"token." + b"a" * 43
HERE = Answer(404, {"server": "Apache"}, b"not found")
MOVED = Answer(301, {"location": "https://www.example.org/x", "server": "nginx\x1b[2J"}, b"moved")
CLOSED, DROPPED = "Connection refused", "timed out"


@pytest.mark.parametrize(
    ("there", "here", "probe", "told", "provable"),
    [
        ({}, [HERE], "unresolved", "it has no address in DNS", False),
        ("Temporary failure in name resolution", [HERE], "unasked", "it could not be looked up from here (Temporary", True),
        ({OURS: HERE}, [HERE, HERE], "answered", "", True),
        ({FRONT: Answer(404, {"server": "nginx"}, b"not found")}, [HERE, HERE], "answered", "", True),
        # one that takes no connection from here may take others
        ({FRONT: DROPPED}, [HERE], "unasked", f"it leads to {FRONT} (timed out), where it could not be asked from here", True),
        ({OURS: NO_TIME}, [HERE], "unasked", f"it leads to {OURS} (there was no time left)", True),
        ({OURS: CLOSED}, [HERE], "silent", f"nothing answers at {OURS} (Connection refused) on port 80", False),
        ({OURS: CLOSED, FRONT: DROPPED}, [HERE], "unasked", f"nothing answers at {OURS}", True),
        ({OURS: HERE, SIX: CLOSED}, [HERE], "answered", f"nothing answers at {SIX}", True),
        ({OURS: HERE, FRONT: DROPPED}, [HERE], "answered", f"it leads to {FRONT}", True),
        # another server
        (
            {FRONT: MOVED},
            [HERE],
            "another",
            f"at {FRONT} another server answers: 301 to https://www.example.org/x from nginx?[2J, where httpd here says 404 from Apache; ",
            False,
        ),
        ({OURS: HERE, FRONT: MOVED}, [HERE], "another", f"at {FRONT} another", False),
        ({FRONT: Answer(404, {"server": "nginx"}, b"no page")}, [HERE, HERE], "another", f"at {FRONT} another", False),
        ({FRONT: Answer(200, {}, b"not found")}, [HERE], "another", f"at {FRONT} another server answers: 200, where", False),
        # a page that is another one each time
        ({FRONT: Answer(404, {"server": "Apache"}, b"not found, 12:03")}, [HERE], "answered", "", True),
        ({FRONT: Answer(404, {"server": "Apache", "content-type": "text/plain"}, b"no")}, [HERE], "another", "", False),
        ({FRONT: Answer(200, {"server": "Apache"}, b"not found, 12:03")}, [HERE], "another", "", False),
        # challenges are answered already, here or on another host of the fleet
        ({FRONT: Answer(200, {}, KEY)}, [Answer(200, {}, KEY)], "answered", "", True),
        ({FRONT: Answer(200, {}, KEY)}, [HERE], "answered", "", True),
        ({FRONT: Answer(200, {}, b"token.b" + b"a" * 42)}, [Answer(200, {}, KEY)], "another", "", False),
        ({FRONT: Answer(404, {}, KEY)}, [Answer(200, {}, KEY)], "another", "", False),
        # nothing to compare with
        ({OURS: CLOSED}, [CLOSED], "stopped", "httpd on this host did not answer for it (Connection refused)", True),
        ({FRONT: MOVED}, [CLOSED, HERE], "another", "", False),
        # what /etc/hosts says is not what a CA sees
        ({"127.0.1.1": HERE, "::1": HERE}, [HERE], "unasked", "this host says by itself that it is 127.0.1.1, ::1", True),
        ({"127.0.1.1": HERE, OURS: HERE}, [HERE], "answered", "", True),
    ],
)
def test_what_answers_tell(there: dict[str, Heard] | str, here: list[Heard], probe: str, told: str, provable: bool) -> None:
    found, addresses = judge("www.example.org", there, here, {OURS, SIX}), () if isinstance(there, str) else tuple(there)
    assert (found.probe, found.provable, found.addresses) == (probe, provable, addresses)
    assert found.told.startswith(told)
    assert (found.told == "") == (probe == "answered" and not told)
    assert found.to_dict() == {"name": "www.example.org", "addresses": list(addresses), "probe": probe, "told": found.told}
