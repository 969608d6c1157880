"""What every host of ours tells search engines."""

TEXT = b"User-agent: *\nDisallow: /\n"  # all of it, hence pixels (/i/) and links (/l/) too
