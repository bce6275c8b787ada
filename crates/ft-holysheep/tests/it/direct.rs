//! What holds on the wire, over connections that the call drives.

#[path = "faults.rs"]
mod faults;
#[path = "idle.rs"]
mod idle;
#[path = "requests.rs"]
mod requests;
#[path = "secrets.rs"]
mod secrets;

use crate::server::{Reply, Server};

fn start(replies: impl IntoIterator<Item = Reply>) -> Server {
    Server::start(replies)
}

/// Connections that were kept, and of which nobody knew that their other end was gone.
mod stale {
    use ft_core::{Call, ChatRequest, ErrorKind, Provider, ProviderError};
    use ft_holysheep::HttpProvider;

    use super::start;
    use crate::server::{GOOD, JSON, Reply, answer, send, send_and_close};

    async fn chat(provider: &HttpProvider) -> Result<ft_core::ChatResponse, ProviderError> {
        provider.chat(&Call::new("m"), &ChatRequest::user("Hi")).await
    }

    fn good() -> Reply {
        send(answer(200, JSON, GOOD))
    }

    /// The connection ends, and nothing was said.
    fn gone() -> Reply {
        send_and_close("")
    }

    #[tokio::test]
    async fn a_request_that_was_lost_on_a_kept_connection_is_sent_once_more_over_a_new_one() {
        let server = start([good(), gone(), good()]);
        let provider = server.provider();
        chat(&provider).await.unwrap();
        assert_eq!(chat(&provider).await.unwrap().text(), "Hi");
        assert_eq!(server.connections(), 2);
        let seen = server.seen();
        assert_eq!(seen[1], seen[2], "the same request, to the byte");
    }

    #[tokio::test]
    async fn what_a_new_connection_loses_may_be_billed_and_is_not_sent_again() {
        for before in [0, 1] {
            let kept = (0..before).flat_map(|_| [good(), gone()]);
            let server = start(kept.chain([gone(), good()]));
            let provider = server.provider();
            for _ in 0..before {
                chat(&provider).await.unwrap();
            }
            let error = chat(&provider).await.unwrap_err();
            assert_eq!((error.kind(), error.sent()), (ErrorKind::Interrupted, true));
            assert_eq!(server.seen().len(), 2 * before + 1);
        }
    }

    #[tokio::test]
    async fn an_answer_that_began_on_a_kept_connection_is_not_asked_for_again() {
        let server = start([good(), send_and_close("HTTP/1.1 200 O"), good()]);
        let provider = server.provider();
        chat(&provider).await.unwrap();
        let error = chat(&provider).await.unwrap_err();
        assert_eq!((error.kind(), error.sent()), (ErrorKind::Interrupted, true));
        assert_eq!((server.seen().len(), server.connections()), (2, 1));
    }
}
