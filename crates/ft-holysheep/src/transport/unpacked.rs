//! A body that a server compressed though it was not asked to.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use hyper::body::Body;

use super::Broken;
use super::direct::Passed;

/// Unpacks what comes, up to a cap.
pub(crate) struct Unpacked {
    body: Passed,
    /// Gone at the end.
    unpack: Option<MultiGzDecoder<Capped>>,
}

struct Capped {
    bytes: Vec<u8>,
    left: usize,
}

impl Unpacked {
    pub(super) fn new(body: Passed, most: usize) -> Self {
        let capped = Capped { bytes: Vec::new(), left: most };
        Self { body, unpack: Some(MultiGzDecoder::new(capped)) }
    }

    pub(super) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        loop {
            let Some(unpack) = &mut self.unpack else { return Poll::Ready(None) };
            let packed = match std::task::ready!(Pin::new(&mut self.body).poll_frame(cx)?) {
                Some(frame) => frame.into_data().ok(),
                None => None,
            };
            let unpacked = match &packed {
                Some(packed) => unpack.write_all(packed),
                None => unpack.try_finish(),
            };
            let bytes = std::mem::take(&mut unpack.get_mut().bytes);
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
