from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_css = dict(HashedFilesMixin.patterns)["*.css"]


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed names and compressed copies; references to source maps, not shipped, stay as they are."""

    patterns = (("*.css", tuple(pattern for pattern in _css if "sourceMappingURL" not in str(pattern))),)
