"""Forms of people, organisations, deals, activities, notes."""

from crm.records.forms.activities import ActivityForm, NoteForm
from crm.records.forms.contacts import OrganisationForm, PersonForm
from crm.records.forms.deals import ClosingForm, DealForm, MoveForm, ParticipantForm

__all__ = ["ActivityForm", "ClosingForm", "DealForm", "MoveForm", "NoteForm", "OrganisationForm", "ParticipantForm", "PersonForm"]
