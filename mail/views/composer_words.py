"""The sentences that the composer's script says, in the user's language."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """Sentences by the names that `static/js/composer.js` and its modules use; %s, %name, %size and %limit are filled in there."""
    return {
        "remove": _("Remove %s"),
        "wrong": _("“%s” is not an email address. Click it to mend it."),
        "wrongMany": _("These are not email addresses: %s. Click one to mend it."),
        "notSaved": _("Not saved; your text is kept in this browser."),
        "offline": _("No connection; your text is kept in this browser."),
        "signedOut": _("You have been signed out. What you wrote is kept in this browser and opens again after you sign in."),
        "signIn": _("Sign in"),
        "changedElsewhere": _("This draft was changed in another window meanwhile."),
        "keepMine": _("Keep mine as a second draft"),
        "takeTheirs": _("Take the other text"),
        "showOther": _("Show the newer text"),
        "tookTheirs": _("What you had typed here was put aside."),
        "keptMine": _("Kept as a second draft."),
        "goneElsewhere": _("This mail was sent or thrown away in another window."),
        "sendAnyway": _("Send anyway"),
        "shared": _("All %s recipients get one and the same copy: you will see when it is opened, not by whom."),
        "notSent": _("The mail was not sent. What you wrote is kept; send it again in a moment."),
        "sent": _("Sent."),
        "discard": _("Discard this draft?"),
        "discarded": _("Draft discarded."),
        "inDrafts": _("Saved in Drafts."),
        "recovered": _("What you were writing was kept and is in your drafts."),
        "open": _("Open"),
        "tooLarge": _("“%name” (%size) was not attached: all files of a mail together may have %limit. Send large files as a link."),
        "notUploaded": _("“%name” could not be uploaded. The rest of your mail is kept."),
        "unfilled": _("To be filled in before sending: %s."),
        "unfilledNobody": _(
            "To be filled in before sending: %s. What is known of a recipient is filled in once you say who gets this mail."
        ),
        "sameWords": _("All %count recipients read the same words: the fields are filled in for %name."),
        "notFilled": _("The fields could not be filled in for these recipients, so the mail was not sent. Send it again in a moment."),
        "notInserted": _("The template could not be inserted. Try again."),
        "notKept": _("The template could not be saved. Try again."),
        "cancelUpload": _("Cancel the upload of %s"),
        "asFile": _("“%s” goes along as a file: mails cannot show such a picture, or it is too large for the text."),
        "localImages": _("Pictures that are only on your computer were left out. Insert them with the picture button."),
        "notRemoved": _("The file could not be removed. Try again."),
    }
