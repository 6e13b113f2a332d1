"""Where files live: folders under var/ by default, one S3 bucket when STORAGE_URL is set.

Originals, masters, renditions, exports and what a brand uploads are separate storages because they live for
different times. None has a public address: views stream the bytes after their permission check.
"""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

ALIASES = ("originals", "masters", "renditions", "exports", "brand")


def backends(url: str, var_dir: Path) -> dict[str, Any]:
    """Return the entries of Django's STORAGES for all aliases.

    `url` is empty (files under `var_dir`) or
    `s3://KEY:SECRET@HOST[:PORT]/BUCKET[/PREFIX][?region=R&insecure=1]`; without KEY:SECRET boto3's own
    credential chain is used, with an empty HOST AWS itself.
    """
    if not url:
        return {
            alias: {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                # No base_url: asking for a public address is an error, not a leak.
                "OPTIONS": {
                    "location": str(var_dir / "files" / alias),
                    "base_url": None,
                    # Keys are ours and deterministic: a job that runs again writes the same file.
                    "allow_overwrite": True,
                },
            }
            for alias in ALIASES
        }
    options = _s3_options(url)
    prefix = options.pop("prefix")
    return {
        alias: {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {**options, "location": f"{prefix}{alias}"},
        }
        for alias in ALIASES
    }


def _s3_options(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme != "s3":
        raise ImproperlyConfigured("STORAGE_URL must start with s3:// (leave it empty for files under var/).")
    bucket, _, prefix = parts.path.strip("/").partition("/")
    if not bucket:
        raise ImproperlyConfigured("STORAGE_URL names no bucket: s3://KEY:SECRET@HOST/BUCKET")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    options: dict[str, Any] = {
        "bucket_name": bucket,
        "prefix": f"{prefix}/" if prefix else "",
        "region_name": query.get("region", "us-east-1"),
        # Private: no ACL that opens an object, and links are signed and short-lived if ever made.
        "default_acl": None,
        "querystring_auth": True,
        "querystring_expire": 300,
        "file_overwrite": True,
        "signature_version": "s3v4",
        "addressing_style": "path",
    }
    if parts.hostname:
        scheme = "http" if query.get("insecure") == "1" else "https"
        port = f":{parts.port}" if parts.port else ""
        options["endpoint_url"] = f"{scheme}://{parts.hostname}{port}"
    if parts.username:
        options["access_key"] = unquote(parts.username)
        options["secret_key"] = unquote(parts.password or "")
    return options


def put(storage: Storage, key: str, data: bytes) -> str:
    """Write `data` under exactly `key` (again, if it is there) and return the key."""
    saved = storage.save(key, ContentFile(data))
    if saved != key:
        raise RuntimeError(f"storage renamed {key} to {saved}")
    return key


def read(storage: Storage, key: str) -> bytes:
    """The whole file. Raises FileNotFoundError."""
    with storage.open(key, "rb") as file:
        return bytes(file.read())


def originals() -> Storage:
    """What people uploaded, byte for byte."""
    return storages["originals"]


def masters() -> Storage:
    """Master layers, kept with a headshot so that a rebrand needs no new photo."""
    return storages["masters"]


def renditions() -> Storage:
    """Derived pictures; can be made again."""
    return storages["renditions"]


def exports() -> Storage:
    """Export archives; expire."""
    return storages["exports"]


def brand() -> Storage:
    """Backdrop pictures and colour tables; kept while a style uses them."""
    return storages["brand"]
