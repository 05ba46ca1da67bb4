"""What the pages' own fields hold of a person."""

from core.crypto.register import classify

classify("web.Notice", business="user kind source_id subject_id facts created_at read_at")
