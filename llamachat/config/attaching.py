"""From the settings to the limits of reading files."""

from __future__ import annotations

from llamachat.config.schema import AttachmentSettings
from llamachat.documents.limits import DocumentLimits


def limits(attachments: AttachmentSettings) -> DocumentLimits:
    """What reading a file may cost and bring with these settings."""
    return DocumentLimits(
        file_bytes=attachments.max_file_bytes,
        text_bytes=attachments.max_text_bytes,
        files=attachments.max_files,
        seconds=attachments.max_seconds,
        memory_bytes=attachments.max_memory_bytes,
        context_share=attachments.context_share,
    )
