"""The sync with the user's mailbox: what is there comes in, what is done here is done there.

`running` goes through an account, `entering` takes new mail in, `flags` and `placing` follow what happened to known mail,
`changes` carries out what the user did, `watching` waits for news by IDLE. The rows of `mail.models.syncing` say how far it is.
"""
