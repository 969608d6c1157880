"""A user's tracking options."""

from tracking import preferences


def test_everything_is_off_until_turned_on(alice):
    options = preferences.for_user(alice)

    assert (options.open_tracking, options.link_tracking, options.notify_activity) == (False, False, False)


def test_options_are_kept(alice):
    preferences.update(user=alice, open_tracking=True, link_tracking=False, notify_activity=True)
    options = preferences.for_user(alice)

    assert (options.open_tracking, options.link_tracking, options.notify_activity) == (True, False, True)


def test_the_last_choice_is_remembered(alice):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    preferences.remember_choice(user=alice, track_opens=False, track_links=True, tell_apart=False)
    options = preferences.for_user(alice)

    assert (options.last_track_opens, options.last_track_links, options.last_tell_apart) == (False, True, False)


def test_an_option_that_is_off_leaves_the_last_choice_alone(alice):
    preferences.update(user=alice, open_tracking=True, link_tracking=False, notify_activity=False)
    preferences.remember_choice(user=alice, track_opens=True, track_links=False, tell_apart=True)

    assert preferences.for_user(alice).last_track_links
