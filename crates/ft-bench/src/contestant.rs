//! Who is measured: processes that are started, waited for and ended.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{Outcome, gateway};

/// A server under measurement, ended when dropped.
#[derive(Debug)]
pub(crate) struct Contestant {
    /// Its name in the table; one that is no work of ours begins with `ref `.
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    child: Child,
    folder: Option<PathBuf>,
}

impl Contestant {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The scripted upstream.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn upstream() -> Outcome<Self> {
        Self::of_ourselves("upstream", &["upstream".to_owned()])
    }

    /// The minimal proxy.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn proxy(upstream: SocketAddr) -> Outcome<Self> {
        let args = ["proxy".to_owned(), format!("--upstream={upstream}")];
        Self::of_ourselves("ref hyper proxy", &args)
    }

    /// Another part of this program, which says its address when it listens.
    fn of_ourselves(name: &'static str, args: &[String]) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse().map_err(|_| format!("{name} did not start"))?;
        Ok(Self { name, address, child, folder: None })
    }

    /// nginx with one worker and no log, where it is installed.
    ///
    /// # Errors
    /// When it is there and does not start.
    pub(crate) fn nginx(upstream: SocketAddr) -> Outcome<Option<Self>> {
        if Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_err() {
            return Ok(None);
        }
        let address = free_address()?;
        let folder = folder("nginx")?;
        let config = folder.join("nginx.conf");
        std::fs::write(&config, nginx_config(&folder, address, upstream))?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).arg("-e").arg(folder.join("error.log"));
        command.arg("-c").arg(&config);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let folder = Some(folder);
        Self { name: "ref nginx", address, child, folder }.listening(START).map(Some)
    }

    /// The gateway: the program `ft` at this path, or the same server inside this program.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn gateway(ft: Option<&Path>, upstream: SocketAddr) -> Outcome<Self> {
        let Some(ft) = ft else {
            let args = ["gateway".to_owned(), format!("--upstream={upstream}")];
            return Self::of_ourselves("gateway", &args);
        };
        let address = free_address()?;
        let folder = folder("gateway")?;
        let config = folder.join("ft.toml");
        std::fs::write(&config, gateway::served(address) + &gateway::config(upstream))?;
        let mut command = Command::new(ft);
        command.arg("serve").arg("--config").arg(&config);
        let errors = std::fs::File::create(folder.join("stderr"))?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn()?;
        Self { name: "gateway", address, child, folder: Some(folder) }.listening(START)
    }

    /// Whatever a command starts at this address.
    ///
    /// # Errors
    /// When it cannot be started or takes no connection in time.
    pub(crate) fn of_command(
        name: &'static str,
        mut command: Command,
        address: SocketAddr,
        patience: Duration,
    ) -> Outcome<Self> {
        let folder = folder("peer")?;
        let errors = std::fs::File::create(folder.join("stderr"))?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn()?;
        Self { name, address, child, folder: Some(folder) }.listening(patience)
    }

    /// Waits until it takes connections.
    fn listening(mut self, patience: Duration) -> Outcome<Self> {
        for _ in 0..patience.as_millis() / 25 {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(self);
            }
            if let Some(status) = self.child.try_wait()? {
                let said = self.folder.as_ref().map(|folder| folder.join("stderr"));
                let said = said.and_then(|file| std::fs::read_to_string(file).ok());
                let said = said.unwrap_or_default();
                return Err(
                    format!("{} ended at once, {status}: {}", self.name, said.trim()).into()
                );
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        Err(format!("{} does not listen on {}", self.name, self.address).into())
    }
}

/// How long a server may take to start.
const START: Duration = Duration::from_secs(5);

impl Drop for Contestant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// An address that was free a moment ago.
///
/// # Errors
/// When there is none.
pub(crate) fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn folder(name: &str) -> Outcome<PathBuf> {
    let folder = std::env::temp_dir().join(format!("ft-bench-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn nginx_config(folder: &Path, listen: SocketAddr, upstream: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000000;
  client_body_buffer_size 128k;
  upstream up {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen {listen};
    location / {{
      proxy_pass http://up;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
      proxy_buffering off;
    }}
  }}
}}
"
    )
}
