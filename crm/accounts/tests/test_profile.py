"""One's own profile and picture."""

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from crm.accounts import avatars

PROFILE = "/settings/profile/"


def picture(size=(640, 480), format="JPEG", mode="RGB", color="red", **options):
    written = io.BytesIO()
    Image.new(mode, size, color).save(written, format, **options)
    return written.getvalue()


def post(client, upload=None, name="Alice", time_zone="Asia/Tokyo", language="ru"):
    data = {"name": name, "time_zone": time_zone, "language": language}
    if upload is not None:
        data["picture"] = SimpleUploadedFile("me.jpg", upload)
    return client.post(PROFILE, data)


def test_name_zone_and_language_are_saved(alice_client, alice):
    assert post(alice_client).headers["Location"] == PROFILE
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.language) == ("Alice", "Asia/Tokyo", "ru")


@pytest.mark.parametrize("wrong", [{"name": ""}, {"time_zone": "Mars/Olympus"}, {"language": "xx"}])
def test_what_cannot_be_is_refused_and_kept_in_the_form(alice_client, alice, wrong):
    answer = post(alice_client, **{"name": "Typed", **wrong})
    assert answer.status_code == 422
    assert b"field-error" in answer.content
    alice.refresh_from_db()
    assert alice.name == "Alice Ahrens"


@pytest.mark.parametrize(
    "upload",
    [
        picture(),
        picture(format="PNG", mode="RGBA", color=(0, 0, 0, 0)),
        picture(format="PNG", mode="P", color=3),
        picture(format="GIF", mode="P", color=3),
        picture(format="WEBP"),
        picture(mode="CMYK", color=0),
        picture(mode="L", color=9),
        picture(size=(1, 900)),
        picture(format="PNG", mode="I;16", color=900),
    ],
)
def test_a_picture_of_any_usual_sort_becomes_a_small_square(alice_client, alice, upload):
    assert post(alice_client, upload).status_code == 302
    alice.refresh_from_db()
    with alice.avatar.open() as file, Image.open(file) as stored:
        assert (stored.format, stored.size) == ("WEBP", (256, 256))


def test_metadata_is_dropped_and_the_turn_applied(alice_client, alice):
    upright = Image.new("RGB", (200, 100), "blue")
    upright.paste("red", (0, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side: the left half belongs on top
    exif[0x010F] = "Secret Camera"
    written = io.BytesIO()
    upright.save(written, "JPEG", exif=exif, quality=95, comment=b"secret comment")
    post(alice_client, written.getvalue())
    alice.refresh_from_db()
    with alice.avatar.open() as file:
        stored = file.read()
    assert b"ecret" not in stored
    with Image.open(io.BytesIO(stored)) as image:
        assert not image.getexif()
        top, bottom = (image.convert("RGB").crop((128, y, 129, y + 1)).tobytes() for y in (20, 236))
    assert top[0] > 200 > 60 > top[2]
    assert bottom[2] > 200 > 60 > bottom[0]


def bomb(width=60_000, height=60_000):
    """A PNG of a few hundred bytes that claims billions of pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not a picture that we can read"),
        (b"<html>hello", "not a picture that we can read"),
        (picture()[:900], "not a picture that we can read"),
        (picture(format="BMP"), "not a picture that we can read"),
        (bomb(), "too many pixels"),
        (bomb(9000, 9000), "too many pixels"),
        (bomb(4000, 4000), "not a picture that we can read"),
    ],
)
def test_what_is_no_picture_or_a_bomb_gets_a_sentence(alice_client, alice, upload, sentence):
    answer = post(alice_client, upload)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    alice.refresh_from_db()
    assert not alice.avatar


def test_a_file_that_is_too_large_gets_a_sentence():
    with pytest.raises(avatars.UnusablePicture, match="larger than 10 MB"):
        avatars.square(io.BytesIO(picture()), size=avatars.MAX_BYTES + 1)


def test_a_new_picture_replaces_the_file_of_the_former(alice_client, alice, django_capture_on_commit_callbacks):
    post(alice_client, picture())
    alice.refresh_from_db()
    storage, former = alice.avatar.storage, alice.avatar.name
    with django_capture_on_commit_callbacks(execute=True):
        post(alice_client, picture(color="blue"))
    alice.refresh_from_db()
    assert storage.exists(alice.avatar.name)
    assert not storage.exists(former)
    with django_capture_on_commit_callbacks(execute=True):
        alice_client.post("/settings/profile/picture/remove/")
    assert not storage.exists(alice.avatar.name)
    alice.refresh_from_db()
    assert not alice.avatar


def test_a_picture_is_served_safely_to_those_signed_in_only(alice_client, alice, charlie, client):
    post(alice_client, picture())
    answer = alice_client.get(f"/users/{alice.pk}/avatar/")
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    answer.getvalue()  # reading to the end closes it, as a server does
    assert client.get(f"/users/{alice.pk}/avatar/").status_code == 302
    assert alice_client.get(f"/users/{charlie.pk}/avatar/").status_code == 404


def test_a_picture_whose_file_is_gone_is_not_found(alice_client, alice):
    post(alice_client, picture())
    alice.refresh_from_db()
    alice.avatar.storage.delete(alice.avatar.name)
    assert alice_client.get(f"/users/{alice.pk}/avatar/").status_code == 404


def test_the_email_cannot_be_changed_here(alice_client, alice):
    alice_client.post(PROFILE, {"name": "A", "time_zone": "UTC", "language": "en", "email": "other@acme.test", "role": "admin"})
    alice.refresh_from_db()
    assert (alice.email, alice.role) == ("alice@acme.test", "member")
