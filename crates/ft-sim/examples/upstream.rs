//! Starts a scripted upstream and prints what to ask it. Ends when standard input does, or after ten minutes.

use std::time::Duration;

use ft_sim::{Model, Profile, Reply, Script, Scripts, Upstream};
use tokio::io::AsyncReadExt;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example for the command line")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scripts = Scripts::new()
        .model("gpt-4.1", Model::new(Profile::article_openai())?)
        .model("claude-sonnet-4.5", Model::new(Profile::article_anthropic())?)
        .model("throttled", Reply::throttled(Duration::from_secs(2)))
        .model("cut", Reply::text("this answer breaks off in the middle").cut_after(4))
        .model("slow", Reply::text("one word a second").per_chunk(Duration::from_secs(1)))
        .model("hang", Reply::ok().hang())
        .otherwise(Script::from_fn(|seen| Reply::text(format!("attempt {} here", seen.number))));
    let upstream = Upstream::start(scripts)?;
    let url = upstream.base_url();
    println!("{url}");
    println!(
        "curl -N {url}/chat/completions -d \
         '{{\"model\":\"slow\",\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"hi\"}}]}}'"
    );
    let mut end = Vec::new();
    let mut stdin = tokio::io::stdin();
    // Whichever comes first ends it; a closed input is no failure.
    let _ = tokio::time::timeout(Duration::from_secs(600), stdin.read_to_end(&mut end)).await;
    println!("{} attempts seen", upstream.log().total());
    // A blocking read of standard input may still be under way, and would keep the runtime waiting.
    std::process::exit(0)
}
