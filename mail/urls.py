"""Addresses of mail."""

from django.urls import path

from mail.views import account_verbs, accounts, composing, connecting, files, folders, suggestions, syncing, threads

app_name = "mail"
urlpatterns = [
    path("mail/compose/", composing.composer, name="composer"),
    path("mail/compose/save/", composing.draft_save, name="draft_save"),
    path("mail/compose/send/", composing.send, name="send"),
    path("mail/compose/discard/", composing.draft_discard, name="draft_discard"),
    path("mail/compose/attach/", files.attach, name="attach"),
    path("mail/compose/people/", composing.people, name="people"),
    path("mail/attachments/<int:pk>/", files.attachment, name="attachment"),
    path("mail/attachments/<int:pk>/remove/", files.attachment_remove, name="attachment_remove"),
    path("mail/panel/", folders.panel, name="panel"),
    path("mail/threads/<int:pk>/", threads.thread, name="thread"),
    path("mail/threads/<int:pk>/star/", folders.thread_star, name="thread_star"),
    path("mail/threads/<int:pk>/deals/", threads.thread_deals, name="thread_deals"),
    path("mail/threads/<int:pk>/archive/", threads.thread_archive, name="thread_archive"),
    path("mail/messages/<int:pk>/body/", threads.message_body, name="message_body"),
    path("mail/messages/<int:pk>/send-again/", threads.send_again, name="send_again"),
    path("mail/messages/<int:pk>/back-to-drafts/", threads.back_to_drafts, name="back_to_drafts"),
    path("mail/sync/", syncing.sync_state, name="sync_state"),
    path("mail/sync/now/", syncing.sync_now, name="sync_now"),
    path("mail/sync/kept/<int:pk>/", syncing.kept_mail, name="kept_mail"),
    path("mail/messages/<int:pk>/suggestions/<slug:kind>/call/", suggestions.call_plan, name="call_plan"),
    path("mail/messages/<int:pk>/suggestions/<slug:kind>/call/<int:activity>/undo/", suggestions.call_undo, name="call_undo"),
    path("mail/<slug:folder>/", folders.folder, name="folder"),
    path("settings/email-sync/", accounts.email_sync, name="email_sync"),
    path("settings/email-sync/options/", accounts.options, name="options"),
    path("settings/email-sync/test/", accounts.account_test, name="account_test"),
    path("settings/email-sync/accounts/", accounts.account_create, name="account_create"),
    path("settings/email-sync/accounts/<int:pk>/", accounts.account_edit, name="account_edit"),
    path("settings/email-sync/accounts/<int:pk>/sync/", syncing.sync_edit, name="sync_edit"),
    path("settings/email-sync/accounts/<int:pk>/sync/folders/", syncing.sync_folders, name="sync_folders"),
    path("settings/email-sync/accounts/<int:pk>/sync/off/", syncing.sync_off, name="sync_off"),
    path("settings/email-sync/accounts/<int:pk>/sync/card/", syncing.sync_card, name="sync_card"),
    path("settings/email-sync/accounts/<int:pk>/test/", account_verbs.account_check, name="account_check"),
    path("settings/email-sync/accounts/<int:pk>/pause/", account_verbs.account_pause, name="account_pause"),
    path("settings/email-sync/accounts/<int:pk>/resume/", account_verbs.account_resume, name="account_resume"),
    path("settings/email-sync/accounts/<int:pk>/move/", account_verbs.account_move, name="account_move"),
    path("settings/email-sync/accounts/<int:pk>/disconnect/", account_verbs.account_delete, name="account_delete"),
    path("settings/email-sync/find/", accounts.account_find, name="account_find"),
    path("settings/email-sync/sign-in/<slug:sign_in>/", connecting.account_sign_in, name="account_sign_in"),
    path("settings/email-sync/signed-in/", connecting.account_signed_in, name="account_signed_in"),
]
