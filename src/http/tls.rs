use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

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
        Verify::Yes => builder.with_root_certificates(roots(&settings.authorities)?),
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

fn roots(authorities: &[u8]) -> Result<RootCertStore, TransportError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if authorities.is_empty() {
        return Ok(roots);
    }
    let public = roots.len();
    for certificate in CertificateDer::pem_slice_iter(authorities) {
        let certificate = certificate.map_err(|error| TransportError::Authorities(error.to_string()))?;
        roots.add(certificate).map_err(|error| TransportError::Authorities(error.to_string()))?;
    }
    if roots.len() == public {
        return Err(TransportError::Authorities("no `BEGIN CERTIFICATE` in it; write them as PEM".into()));
    }
    Ok(roots)
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
