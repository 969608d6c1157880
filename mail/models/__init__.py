"""Accounts, threads, messages, deliveries."""

from mail.models.account import Account, KeptBy, Security
from mail.models.delivery import Delivery
from mail.models.message import Attachment, Message, MissingMessage, Recipient, Thread

__all__ = ["Account", "Attachment", "Delivery", "KeptBy", "Message", "MissingMessage", "Recipient", "Security", "Thread"]
