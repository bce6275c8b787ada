//! A body that a server compressed though it was not asked to, or in a way that the client did not unpack.

use std::io::{self, Write};
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::{Broken, ReplyBody};

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Deflate,
}

impl Packing {
    /// The packing that a head names, in any case; none for those that nothing here unpacks.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let name = headers.get(CONTENT_ENCODING)?.to_str().ok()?.trim();
        match &*name.to_ascii_lowercase() {
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            _ => None,
        }
    }
}

/// Unpacks what comes, up to a cap.
pub(crate) struct Unpacked {
    body: ReplyBody,
    /// Gone at the end.
    unpack: Option<Unpack>,
}

enum Unpack {
    Gzip(MultiGzDecoder<Capped>),
    Deflate(ZlibDecoder<Capped>),
}

struct Capped {
    bytes: Vec<u8>,
    left: usize,
}

impl Unpacked {
    pub(super) fn new(body: ReplyBody, packing: Packing, most: usize) -> Self {
        let capped = Capped { bytes: Vec::new(), left: most };
        let unpack = match packing {
            Packing::Gzip => Unpack::Gzip(MultiGzDecoder::new(capped)),
            Packing::Deflate => Unpack::Deflate(ZlibDecoder::new(capped)),
        };
        Self { body, unpack: Some(unpack) }
    }

    pub(super) fn is_driven(&self) -> bool {
        self.body.is_driven()
    }

    pub(super) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        loop {
            let Some(unpack) = &mut self.unpack else { return Poll::Ready(None) };
            let packed = std::task::ready!(self.body.poll_data(cx)?);
            let unpacked = unpack.take(packed.as_deref());
            let bytes = unpack.given();
            if packed.is_none() || unpacked.is_err() {
                self.unpack = None;
            }
            if let Err(error) = unpacked {
                return Poll::Ready(Some(Err(Broken::Wire(error.into()))));
            }
            if !bytes.is_empty() {
                return Poll::Ready(Some(Ok(bytes.into())));
            }
        }
    }
}

impl Unpack {
    /// Takes the next bytes, or the end.
    fn take(&mut self, packed: Option<&[u8]>) -> io::Result<()> {
        match (self, packed) {
            (Self::Gzip(unpack), Some(packed)) => unpack.write_all(packed),
            (Self::Gzip(unpack), None) => unpack.try_finish(),
            (Self::Deflate(unpack), Some(packed)) => unpack.write_all(packed),
            (Self::Deflate(unpack), None) => unpack.try_finish(),
        }
    }

    fn given(&mut self) -> Vec<u8> {
        let capped = match self {
            Self::Gzip(unpack) => unpack.get_mut(),
            Self::Deflate(unpack) => unpack.get_mut(),
        };
        std::mem::take(&mut capped.bytes)
    }
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len()).ok_or(io::ErrorKind::InvalidData)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
