//! TLS for listeners: certificate and key from PEM files, rustls with one provider for the whole process.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Why TLS can't be offered. Each says which file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file can't be read as PEM.
    #[error("{path}: not a readable PEM certificate chain")]
    Certificate {
        /// The file.
        path: String,
        /// What the PEM reader said.
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    /// The key file can't be read as PEM.
    #[error("{path}: not a readable PEM private key")]
    Key {
        /// The file.
        path: String,
        /// What the PEM reader said.
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    /// A pair of our own can't be made or kept.
    #[error("{path}: a certificate of our own can't be made here")]
    Own {
        /// The certificate's file.
        path: String,
        /// What failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// They do not belong together, or rustls does not take them.
    #[error("certificate and key do not fit together")]
    Mismatch(#[source] rustls::Error),
}

/// Makes a key and a certificate that nobody else has signed, for `name`, if the files are not there.
///
/// # Errors
/// When they can't be written.
pub fn own_pair(cert: &Path, key: &Path, name: &str) -> Result<(), TlsError> {
    if cert.exists() && key.exists() {
        return Ok(());
    }
    let own = |source: Box<dyn std::error::Error + Send + Sync>| TlsError::Own {
        path: cert.display().to_string(),
        source,
    };
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).map_err(|e| own(e.into()))?;
    std::fs::write(key, made.signing_key.serialize_pem()).map_err(|e| own(e.into()))?;
    std::fs::write(cert, made.cert.pem()).map_err(|e| own(e.into()))
}

/// The first certificate of a PEM file: the one that is shown.
///
/// # Errors
/// When there is none.
pub fn certificate(path: &Path) -> Result<CertificateDer<'static>, TlsError> {
    CertificateDer::from_pem_file(path)
        .map_err(|source| TlsError::Certificate { path: path.display().to_string(), source })
}

/// Roots from a PEM file: an authority's certificates, or one that nobody has signed.
///
/// # Errors
/// When it can't be read, or has none.
pub fn roots(path: &Path) -> Result<rustls::RootCertStore, TlsError> {
    let unreadable = |source| TlsError::Certificate { path: path.display().to_string(), source };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        roots.add(certificate.map_err(unreadable)?).map_err(TlsError::Mismatch)?;
    }
    if roots.is_empty() {
        return Err(unreadable(rustls_pki_types::pem::Error::NoItemsFound));
    }
    Ok(roots)
}

/// A server configuration that offers `alpn` protocols in that order (none for RTMPS).
///
/// # Errors
/// When a file can't be read or the pair does not fit.
pub fn server_config(cert: &Path, key: &Path, alpn: &[&str]) -> Result<Arc<ServerConfig>, TlsError> {
    let certificate = |source| TlsError::Certificate { path: cert.display().to_string(), source };
    let chain = CertificateDer::pem_file_iter(cert)
        .map_err(certificate)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(certificate)?;
    if chain.is_empty() {
        return Err(certificate(rustls_pki_types::pem::Error::NoItemsFound));
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|source| TlsError::Key { path: key.display().to_string(), source })?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Mismatch)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(TlsError::Mismatch)?;
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(Arc::new(config))
}
