# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What browsers do with a reference of an https page to http, by where it stands in markup (W3C Mixed Content). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

#: What a page runs or is laid out by: browsers block it.
ACTIVE = "active"
#: Images, sound and video: browsers ask for them by https, and leave them out when that fails; older ones show a warning.
PASSIVE = "passive"
#: Where a form is sent to: browsers warn before.
FORM = "form"
#: Leads elsewhere; nothing breaks.
LINK = "link"
#: From the one that harms most.
CLASSES = (ACTIVE, PASSIVE, FORM, LINK)


@dataclass(frozen=True)
class Use:
    """What a reference is used for: its class, and where it stands, such as "<script src>". *sure* is false for a guess by names."""

    kind: str
    where: str
    sure: bool = True


#: Attributes that browsers load from. Of sets of images they upgrade none (Mixed Content 4.1: initiator "imageset"), so these are active.
_ACTIVE = {
    "script": ("src", "href", "xlink:href"),
    "iframe": ("src",),
    "frame": ("src",),
    "embed": ("src",),
    "object": ("data", "codebase", "archive", "classid"),
    "applet": ("code", "codebase", "archive"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "base": ("href",),
    "html": ("manifest",),
    "a": ("ping",),
    "area": ("ping",),
    "img": ("srcset",),
    "source": ("srcset",),
    "link": ("imagesrcset",),
    "?xml-stylesheet": ("href",),
}
_PASSIVE = {
    "img": ("src", "lowsrc", "dynsrc"),
    "source": ("src",),
    "audio": ("src",),
    "video": ("src", "poster"),
    "input": ("src",),
    "image": ("src", "href", "xlink:href"),
    "feimage": ("href", "xlink:href"),
}
_FORM = {"form": ("action",), "button": ("formaction",), "input": ("formaction",)}
_ACTIVE_RELATIONS = {"stylesheet", "import", "manifest", "modulepreload", "prefetch", "prerender", "preload"}
_PASSIVE_RELATIONS = {"icon", "apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image", "mask-icon"}
#: How scripts that load late call the attributes that they fill in.
_LATE = {
    "data-src": "src",
    "data-lazy-src": "src",
    "data-lazy": "src",
    "data-original": "src",
    "data-srcset": "srcset",
    "data-lazy-srcset": "srcset",
    "data-bg": "background",
    "data-background": "background",
}
#: Attributes with names that look like references, which nobody loads, and with text for people.
_NO_REFERENCE = (
    "itemtype",
    "itemid",
    "vocab",
    "prefix",
    "typeof",
    "datatype",
    "about",
    "profile",
    "alt",
    "title",
    "placeholder",
    "summary",
)


def use(tag: str, attribute: str, others: Mapping[str, str]) -> Optional[Use]:
    """What a URL in an attribute is for; None when it is no reference. *others* are all attributes of the tag, names in lower case."""
    if attribute.startswith(("xmlns", "xsi:")) or attribute in _NO_REFERENCE:
        return None
    where, meant = f"<{tag} {attribute}>", _LATE.get(attribute, attribute)
    if meant == "background":
        return Use(PASSIVE, where)
    if tag == "link" and attribute == "href":
        return _of_relations(others)
    if tag == "meta":
        return Use(LINK, f"<meta {others.get('property') or others.get('name') or others.get('http-equiv') or attribute}>".lower())
    for kind, table in ((ACTIVE, _ACTIVE), (PASSIVE, _PASSIVE), (FORM, _FORM)):
        if meant in table.get(tag, ()):
            return Use(kind, where)
    return Use(LINK, where)


def _of_relations(others: Mapping[str, str]) -> Use:
    relations = others.get("rel", "").lower().split()
    where = f"<link rel={' '.join(relations)}>" if relations else "<link href>"
    if "preload" in relations and others.get("as", "").lower() in ("image", "audio", "video"):
        return Use(PASSIVE, where)
    if _ACTIVE_RELATIONS.intersection(relations):
        return Use(ACTIVE, where)
    return Use(PASSIVE if _PASSIVE_RELATIONS.intersection(relations) else LINK, where)
