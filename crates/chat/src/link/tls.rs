//! A link's channel: TLS 1.3, what the lower end wants to see of the upper one, and the value that ties the proofs to this very channel.
//!
//! The ends prove the site's secret over the channel's exporter value (the `tls-exporter` binding of RFC 9266). Somebody in between
//! has two channels with two values, so that a proof that is passed on is wrong. That is why a certificate that nobody has signed is
//! enough; a fingerprint or roots are asked for on top of it.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, ProtocolVersion, RootCertStore, ServerConfig,
    SignatureScheme,
};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use super::LinkError;

/// What ties a proof to one channel: the same at both ends of it, and of no other.
pub type Binding = [u8; 32];

/// Of a channel without TLS, which is for loopback alone.
pub const UNBOUND: Binding = [0; 32];

/// Whether an address (host and port) is one of this machine's own, between which links may do without TLS.
pub fn is_here(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// The name and the (empty) context of RFC 9266.
const EXPORTER: &[u8] = b"EXPORTER-Channel-Binding";

/// What the upper end must show, beside its proof.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Nothing: who knows the secret is the one.
    Secret,
    /// A certificate with this SHA-256.
    Fingerprint([u8; 32]),
    /// A certificate for the address that is linked to, signed by one of these.
    Roots(Arc<RootCertStore>),
}

/// SHA-256 of a certificate, as [`Trust::Fingerprint`] compares it.
pub fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

/// How the lower end opens channels.
#[derive(Clone)]
pub struct Opener {
    connector: TlsConnector,
    /// What signs certificates, if that is asked for: then it decides about every node.
    by_roots: bool,
}

impl Opener {
    /// One that wants to see this.
    ///
    /// # Errors
    /// When rustls takes none of it.
    pub fn new(trust: Trust) -> Result<Self, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])?;
        let by_roots = matches!(trust, Trust::Roots(_));
        let config = match trust {
            Trust::Roots(roots) => builder.with_root_certificates(roots).with_no_client_auth(),
            other => {
                let pin = if let Trust::Fingerprint(pin) = other { Some(pin) } else { None };
                let verifier = Arc::new(Pinned { pin, provider });
                builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
            }
        };
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), by_roots })
    }

    /// One for a node that the root has sent us to: the certificate is the one that the root knows.
    ///
    /// # Errors
    /// As [`Opener::new`].
    pub fn sent_to(&self, fingerprint: [u8; 32]) -> Result<Self, rustls::Error> {
        if self.by_roots { Ok(self.clone()) } else { Self::new(Trust::Fingerprint(fingerprint)) }
    }

    /// Opens a channel to `address` (host and port) over a stream.
    ///
    /// # Errors
    /// When the other end speaks no TLS 1.3, or is not the one.
    pub async fn open<S>(
        &self,
        address: &str,
        stream: S,
    ) -> Result<(client::TlsStream<S>, Binding), LinkError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|_| LinkError::Message("no host name"))?;
        let stream = self.connector.connect(name, stream).await.map_err(refused)?;
        let binding = stream.get_ref().1.export_keying_material(UNBOUND, EXPORTER, None);
        Ok((stream, binding.map_err(LinkError::Identity)?))
    }
}

/// Takes a channel from a lower end.
///
/// # Errors
/// When the other end speaks no TLS 1.3, or did not like what it saw.
pub async fn take<S>(
    config: Arc<ServerConfig>,
    stream: S,
) -> Result<(server::TlsStream<S>, Binding), LinkError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let stream = TlsAcceptor::from(config).accept(stream).await.map_err(refused)?;
    let session = stream.get_ref().1;
    if session.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return Err(LinkError::Message("TLS 1.3 is wanted"));
    }
    let binding = session.export_keying_material(UNBOUND, EXPORTER, None);
    Ok((stream, binding.map_err(LinkError::Identity)?))
}

/// Why a handshake failed, from what rustls put into the error.
fn refused(error: io::Error) -> LinkError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(identity @ rustls::Error::InvalidCertificate(_)) => LinkError::Identity(identity.clone()),
        Some(_) => LinkError::Tls(error),
        None => LinkError::Io(error),
    }
}

/// Looks at the fingerprint alone, if there is one. That the other end has the certificate's key is always checked.
#[derive(Debug)]
struct Pinned {
    pin: Option<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.pin {
            Some(pin) if fingerprint(end_entity) != pin => {
                Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 is wanted".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
