//! A streamed answer as its text alone.

use std::future::ready;

use futures_core::Stream;
use futures_util::StreamExt;

use crate::error::Error;
use crate::stream::AnswerStream;

impl AnswerStream {
    /// The text of the first choice, piece by piece as it comes; nothing else of the stream, and no empty piece.
    ///
    /// It ends as the stream does: without an error only when the answer was complete.
    ///
    /// ```
    /// # async fn read(client: ft_client::Client) -> Result<(), ft_client::Error> {
    /// use ft_client::ChatRequest;
    /// use futures_util::TryStreamExt;
    ///
    /// let stream = client.chat_stream(ChatRequest::user("Tell me a story.")).await?;
    /// let mut text = stream.text_stream();
    /// while let Some(piece) = text.try_next().await? {
    ///     print!("{piece}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// As dropping the stream.
    pub fn text_stream(self) -> impl Stream<Item = Result<String, Error>> + Send + Unpin {
        self.filter_map(|chunk| {
            ready(match chunk {
                Ok(chunk) => {
                    let first = chunk.choices.into_iter().find(|choice| choice.index == 0);
                    let text = first.and_then(|choice| choice.delta.content);
                    text.filter(|text| !text.is_empty()).map(Ok)
                }
                Err(error) => Some(Err(error)),
            })
        })
    }
}
