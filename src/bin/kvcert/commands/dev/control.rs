//! `kvcert dev set`, `clear`, `switches`, `requests`: the endpoints `/_dev/` of the vault that runs.

use kvcert::transport::{Transport, TransportOptions};
use kvcert_dev::Access;
use kvcert_pki::sensitive::Sensitive;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::cli::{DevCommand, RequestsArgs, SetArgs};
use crate::failure::output::print_failed;
use crate::failure::{self, Failure};
use crate::session::Context;

/// Does it, and shows how things are then.
pub(super) async fn run(
    command: &DevCommand,
    access: &Access,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let endpoints = Endpoints::of(access, context)?;
    match command {
        DevCommand::Set(args) => {
            let body = settings(args);
            let state = endpoints.ask(Method::POST, "switches", Some(&body)).await?;
            show_switches(&state, context)
        }
        DevCommand::Clear(args) if args.switches.is_empty() => {
            let state = endpoints.ask(Method::DELETE, "switches", None).await?;
            show_switches(&state, context)
        }
        DevCommand::Clear(args) => {
            let body = args.switches.iter();
            let body = body.map(|name| (name.clone(), json!(false))).collect();
            let state = endpoints.ask(Method::POST, "switches", Some(&body)).await?;
            show_switches(&state, context)
        }
        DevCommand::Switches => {
            let state = endpoints.ask(Method::GET, "switches", None).await?;
            show_switches(&state, context)
        }
        DevCommand::Requests(RequestsArgs { clear }) => {
            let method = if *clear { Method::DELETE } else { Method::GET };
            let log = endpoints.ask(method, "requests", None).await?;
            show_requests(&log, context)
        }
    }
}

/// The body for what the command line says.
fn settings(args: &SetArgs) -> Map<String, Value> {
    let setting = |value: Option<&str>| {
        let limits = [
            ("value", value.map(Value::from)),
            ("path", args.path.clone().map(Value::from)),
            ("times", args.times.map(Value::from)),
            ("retryAfter", args.retry_after.map(Value::from)),
        ];
        let given = limits.into_iter();
        let given = given.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(given.collect())
    };
    let switches = args
        .switches
        .iter()
        .map(|switch| match switch.split_once('=') {
            Some((name, value)) => (name.to_owned(), setting(Some(value))),
            None => (switch.clone(), setting(None)),
        });
    switches.collect()
}

/// The endpoints of the vault that runs.
pub(super) struct Endpoints {
    transport: Transport,
    base: String,
    start_code: Sensitive<String>,
}

impl Endpoints {
    pub(super) fn of(access: &Access, context: &Context<'_>) -> Result<Self, Failure> {
        let options = TransportOptions {
            ca_pem: access.ca_pem.clone().into_bytes(),
            only_this_ca: true,
            timeout: context.global.timeout.map(std::time::Duration::from_secs),
            ..TransportOptions::default()
        };
        Ok(Self {
            transport: crate::session::transport(&options, context)?,
            base: format!("{}/_dev", access.vault_url),
            start_code: Sensitive::new(access.start_code.expose().clone()),
        })
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        what: &str,
        body: Option<&Map<String, Value>>,
    ) -> Result<Value, Failure> {
        let url = format!("{}/{what}", self.base);
        let url = url.parse().map_err(|error| {
            anyhow::anyhow!("the dev vault announced an address that is none: {error}")
        })?;
        let request = self.transport.request(method, url);
        let mut request = request.bearer_auth(self.start_code.expose());
        if let Some(body) = body {
            let body = serde_json::to_vec(body).map_err(anyhow::Error::from)?;
            request = request.body(body);
        }
        let reply = self
            .transport
            .send(request, MAX_REPLY)
            .await
            .map_err(failure::dev::not_reached)?;
        let answer: Option<Value> = serde_json::from_slice(&reply.body).ok();
        match answer {
            Some(answer) if reply.status.is_success() => Ok(answer),
            answer => Err(refused(reply.status.as_u16(), answer.as_ref())),
        }
    }
}

fn refused(status: u16, answer: Option<&Value>) -> Failure {
    let said = answer.and_then(|answer| answer["error"]["message"].as_str());
    let message = match said {
        Some(said) => said.to_owned(),
        None => format!("the dev vault answered {status}"),
    };
    failure::dev::no_such_switch(&message)
}

fn show_switches(state: &Value, context: &Context<'_>) -> Result<(), Failure> {
    let switches = &state["switches"];
    if context.console.is_json() {
        return context.console.json(switches).map_err(print_failed);
    }
    let on = switches.as_object().into_iter().flatten();
    let lines: String = on.map(|(name, setting)| line(name, setting)).collect();
    if lines.is_empty() {
        context.console.note("all switches are off");
    }
    context.console.result(&lines).map_err(print_failed)
}

/// `throttle=20 --path /secrets --times 3`, as one would type it.
fn line(name: &str, setting: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let mut line = name.to_owned();
    if let Some(value) = setting.get("value") {
        line += &format!("={}", text(value));
    }
    for (flag, field) in [
        ("path", "path"),
        ("times", "times"),
        ("retry-after", "retryAfter"),
    ] {
        if let Some(value) = setting.get(field) {
            line += &format!(" --{flag} {}", text(value));
        }
    }
    line + "\n"
}

fn show_requests(log: &Value, context: &Context<'_>) -> Result<(), Failure> {
    if context.console.is_json() {
        return context.console.json(log).map_err(print_failed);
    }
    let requests = log["requests"].as_array().into_iter().flatten();
    let lines: String = requests
        .map(|request| {
            let text = |field: &str| request[field].as_str().unwrap_or_default();
            let switches = request["switches"].as_array().into_iter().flatten();
            let switches: String = switches
                .filter_map(Value::as_str)
                .map(|name| format!("  {name}"))
                .collect();
            let (status, method) = (&request["status"], text("method"));
            format!(
                "{status} {method} https://{}{}{switches}\n",
                text("host"),
                text("path")
            )
        })
        .collect();
    context.console.result(&lines).map_err(print_failed)
}

const MAX_REPLY: usize = 4 << 20;
