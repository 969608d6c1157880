"""Turns the bytes of any mail into values, however broken or hostile they are, in time and memory that grow with their number alone.

The standard library decodes what stands in a mail. What a mail consists of is found here: `email`'s own parser looks at each line once
for each level of nesting, gives up at a thousand of them, and hands enclosed mails back as other bytes than came in.
"""

from mail.parsing.keys import content_key
from mail.parsing.letter import Address, Letter, Part, Unreadable
from mail.parsing.letters import has_headers, read

VERSION = 1  # raised when mail that could not be read before can be: what was kept aside is then tried again

__all__ = ["VERSION", "Address", "Letter", "Part", "Unreadable", "content_key", "has_headers", "read"]
