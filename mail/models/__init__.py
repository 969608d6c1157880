"""Accounts, threads, messages, deliveries, and what the sync knows of the mailbox at the provider."""

from mail.models.account import Account, KeptBy, Security, SignIn
from mail.models.change import Change
from mail.models.delivery import Delivery
from mail.models.erased import ErasedMail
from mail.models.message import Attachment, Message, MissingMessage, Recipient, Thread
from mail.models.options import MailOptions
from mail.models.signature import Signature
from mail.models.syncing import Block, KeptMail, RemoteChange, RemoteCopy, RemoteFolder, SyncState
from mail.models.template import Sharing, Template, TemplateFolder
from mail.models.trust import TrustedSender

__all__ = [
    "Account",
    "Attachment",
    "Block",
    "Change",
    "Delivery",
    "ErasedMail",
    "KeptBy",
    "KeptMail",
    "MailOptions",
    "Message",
    "MissingMessage",
    "Recipient",
    "RemoteChange",
    "RemoteCopy",
    "RemoteFolder",
    "Security",
    "Sharing",
    "SignIn",
    "Signature",
    "SyncState",
    "Template",
    "TemplateFolder",
    "Thread",
    "TrustedSender",
]
