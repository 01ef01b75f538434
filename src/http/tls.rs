use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::transport::{Settings, TransportError, Version};

/// Whether a service's certificate has to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// It has to be signed by a trusted authority, be for the host, and be in date.
    #[default]
    Yes,
    /// Any certificate will do.
    No,
}

/// How TLS is spoken: one version of HTTP over TLS 1.2 or 1.3, sessions resumed in memory.
pub(super) fn client_config(settings: &Settings) -> Result<ClientConfig, TransportError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::Tls(error.to_string()))?;
    let builder = match settings.verify {
        Verify::Yes if settings.authorities.is_empty() => builder.with_root_certificates(public()),
        Verify::Yes => {
            let named = Named::new(&settings.authorities, provider)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(named))
        }
        Verify::No => builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
    };
    let mut config = match &settings.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let refuse = |error: &dyn std::fmt::Display| TransportError::Identity(error.to_string());
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&identity.chain).collect();
            let chain = chain.map_err(|error| refuse(&error))?;
            let key = PrivateKeyDer::from_pem_slice(&identity.key).map_err(|error| refuse(&error))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| refuse(&error))?
        }
    };
    config.alpn_protocols = match settings.version {
        Version::One => vec![b"http/1.1".to_vec()],
        Version::Two => vec![H2.to_vec()],
    };
    Ok(config)
}

/// HTTP/2 as ALPN names it.
pub(super) const H2: &[u8] = b"h2";

/// The public authorities.
fn public() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// Takes what the public authorities vouch for, and those that were named. A service's own certificate may be named, too: it
/// vouches for itself, as it does for OpenSSL and curl's `--cacert`. It has to be in date and for the host all the same.
#[derive(Debug)]
struct Named {
    authorities: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Named {
    fn new(pem: &[u8], provider: Arc<CryptoProvider>) -> Result<Self, TransportError> {
        let refuse = |error: &dyn std::fmt::Display| TransportError::Authorities(error.to_string());
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates.map_err(|error| refuse(&error))?;
        if certificates.is_empty() {
            return Err(refuse(&"no `BEGIN CERTIFICATE` in it; write them as PEM"));
        }
        let mut roots = public();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|error| refuse(&error))?;
        }
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(Self { authorities: authorities.map_err(|error| refuse(&error))?, certificates })
    }
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.authorities.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(why))
                if lacks_only_issuer(&why) && self.certificates.contains(certificate) =>
            {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Whether all that is wrong with a certificate is who vouches for it: nobody that is known, one of the same name that did
/// not sign it, or itself, as an authority.
/// Dates and purpose are looked at before that.
fn lacks_only_issuer(why: &CertificateError) -> bool {
    match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => true,
        CertificateError::Other(other) => {
            matches!(other.0.downcast_ref::<webpki::Error>(), Some(webpki::Error::CaUsedAsEndEntity))
        }
        _ => false,
    }
}

/// Takes any certificate. The handshake's signatures are still checked: the peer has to hold the certificate's key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
