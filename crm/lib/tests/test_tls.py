import ssl

from crm.lib.tls import client_context


def test_connections_are_checked_and_never_speak_an_old_tls():
    context = client_context()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
