"""Forms of people, organisations, deals, activities, notes."""

from crm.records.forms.activities import ActivityForm
from crm.records.forms.contacts import OrganisationForm, PersonForm
from crm.records.forms.deals import ClosingForm, DealForm, MoveForm, ParticipantForm
from crm.records.forms.notes import NoteForm

__all__ = ["ActivityForm", "ClosingForm", "DealForm", "MoveForm", "NoteForm", "OrganisationForm", "ParticipantForm", "PersonForm"]
