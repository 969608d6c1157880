"""Serves the few npm files that Candor uses through Django's staticfiles, straight from `node_modules`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

INTER = "@fontsource-variable/inter/files"
FILES = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "vendor/squire.js": "squire-rte/dist/squire.js",
    "vendor/purify.min.js": "dompurify/dist/purify.min.js",
    "vendor/sortable.min.js": "sortablejs/Sortable.min.js",
    **{
        f"vendor/inter/{subset}.woff2": f"{INTER}/inter-{subset}-wght-normal.woff2"
        for subset in ("latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek")
    },
}


class NpmStorage(FileSystemStorage):
    """The npm files under the names that templates use; read only."""

    prefix = ""

    def path(self, name: str) -> str:
        return str(Path(settings.NODE_MODULES, FILES[name.replace("\\", "/")]))


class NpmFinder(BaseFinder):
    """Finds the files of the table above; an absent `node_modules` is a warning of `crm.checks`, not an error here."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        source = Path(settings.NODE_MODULES, FILES[path]) if path in FILES else None
        found = [str(source)] if source and source.is_file() else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        storage = NpmStorage(location=settings.NODE_MODULES)
        return [(name, storage) for name in FILES if Path(storage.path(name)).is_file()]


def missing_files() -> list[str]:
    """The npm packages' files that are not installed."""
    return [source for source in FILES.values() if not Path(settings.NODE_MODULES, source).is_file()]
