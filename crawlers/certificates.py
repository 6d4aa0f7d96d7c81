"""TLS for an archive: every server may speak, and what its certificate is worth is written down.

A page with an expired certificate is still a witness, so nothing is refused here. Old protocol
versions and weak keys are accepted as well, because ministries run them; the record names the version
that was spoken.
"""

from typing import Any

from OpenSSL import SSL
from scrapy.core.downloader.contextfactory import _ScrapyClientContextFactory
from scrapy.core.downloader.tls import _ScrapyClientTLSOptions26
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet.ssl import platformTrust

TRUSTED = "trusted"

# The commoner codes of OpenSSL's x509_vfy.h, in words.
FLAWS = {
    9: "not yet valid",
    10: "expired",
    18: "self-signed",
    19: "self-signed certificate in chain",
    20: "unknown issuer",
    21: "unknown issuer",
    23: "revoked",
    24: "issuer may not sign certificates",
    26: "not meant for servers",
    66: "key too weak",
    67: "issuer's key too weak",
    68: "digest too weak",
}


class LenientTrust(_ScrapyClientContextFactory):
    """Gives each TLS connection the system's trusted roots, and lets it go on without trust."""

    def _get_cert_options_kwargs(self) -> dict[str, Any]:
        return {**super()._get_cert_options_kwargs(), "trustRoot": platformTrust()}  # type: ignore[no-untyped-call]

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: ARG002, N802
        """Twisted's hook: what makes the TLS connections to this host."""
        options = self._get_cert_options()
        return RecordingOptions(options._makeTLSConnection, hostname.decode("ascii"))


class RecordingOptions(_ScrapyClientTLSOptions26):
    """Notes every flaw of a certificate on the connection's transport, and goes on."""

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: N802, N803
        """Twisted's hook: the TLS connection, with our opinion of certificates."""
        connection = super().clientConnectionForTLS(tlsProtocol)
        flaws: list[str] = []
        tlsProtocol.certificate_flaws = flaws
        name = self._hostnameASCII
        wanted = DNS_ID(name) if self._hostnameIsDnsName else IPAddress_ID(name)

        def note(_: SSL.Connection, certificate: Any, code: int, depth: int, ok: int) -> bool:
            if not ok:
                flaws.append(FLAWS.get(code, f"OpenSSL verification error {code}"))
            if depth == 0:
                try:
                    verify_service_identity(extract_patterns(certificate), [wanted], [])
                except (CertificateError, VerificationError):
                    flaws.append(f"not valid for {name}")
            return True

        connection.set_verify(SSL.VERIFY_PEER, note)
        return connection


def outcome(transport: Any) -> str | None:
    """What the certificate behind a transport is worth: `TRUSTED` or its flaws; None without TLS."""
    flaws: list[str] | None = getattr(transport, "certificate_flaws", None)
    if flaws is None:
        return None
    return "; ".join(dict.fromkeys(flaws)) or TRUSTED
