"""People, organisations, deals, leads, and what is said and planned about them."""

from crm.records.models.about import (
    RECORDS,
    AboutRecord,
    Activity,
    ActivityKind,
    ActivityQuerySet,
    FieldChange,
    Note,
    Record,
    StoredFile,
    TimelineEntry,
)
from crm.records.models.contacts import ContactPoint, Label, Organisation, Person
from crm.records.models.custom import CustomChoice, CustomField, CustomValue
from crm.records.models.deals import ClosingReason, Deal, Lead, Pipeline, Stage
from crm.records.models.digits import Digits
from crm.records.models.lists import BulkChange, BulkItem, ListChoice, SavedList
from crm.records.models.merged import ContactKind, Merged, NotTheSame
from crm.records.models.owned import Located, Owned, OwnedQuerySet, Shared, Tag
from crm.records.models.subscriptions import CalendarFeed

__all__ = [
    "RECORDS",
    "AboutRecord",
    "Activity",
    "ActivityKind",
    "ActivityQuerySet",
    "BulkChange",
    "BulkItem",
    "CalendarFeed",
    "ClosingReason",
    "ContactKind",
    "ContactPoint",
    "CustomChoice",
    "CustomField",
    "CustomValue",
    "Deal",
    "Digits",
    "FieldChange",
    "Label",
    "Lead",
    "ListChoice",
    "Located",
    "Merged",
    "NotTheSame",
    "Note",
    "Organisation",
    "Owned",
    "OwnedQuerySet",
    "Person",
    "Pipeline",
    "Record",
    "SavedList",
    "Shared",
    "Stage",
    "StoredFile",
    "Tag",
    "TimelineEntry",
]
