//! The questions of `tests/data/answers.jsonl` and the anchored answers, asked over gRPC of a daemon that holds the sample.
//!
//! 1. Each question has the expected answer.
//! 2. A case that records something first has a daemon of its own, on a copy of the sample's log.

#[path = "answers/asked.rs"]
mod asked;
#[path = "answers/served.rs"]
mod served;
mod support;

use asked::Asked;
use minuted::proto::v1;
use minuted::proto::v1::actor_service_client::ActorServiceClient;
use minuted::proto::v1::agreement_service_client::AgreementServiceClient;
use minuted::wire::json;
use serde_json::Value;
use served::Served;
use support::as_of;

/// The areas of cooperation, which come before record 1.
const AREAS: u64 = 18;

#[tokio::test]
async fn each_question_has_its_answer() {
    let dir = served::dir();
    let sample = Served::sample(dir.path()).await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for line in include_str!("data/answers.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let question = case["question"].as_str().unwrap();
        let alone = !case["setup"].as_array().unwrap().is_empty();
        let own = served::dir();
        let daemon = if alone { Some(set_up(dir.path(), own.path(), &case).await) } else { None };
        let channel = daemon.as_ref().unwrap_or(&sample).channel.clone();
        let known_position = AREAS + case["args"]["known_at_seq"].as_u64().unwrap();
        let got = Asked { channel, args: &case["args"], known_position }.answer(question).await;
        let expected = asked::normal(question, &case["expected"]);
        asked += 1;
        if got != expected {
            wrong.push(format!("{} {}\n  expected {expected}\n  got      {got}", case["id"], case["why"]));
        }
        if let Some(daemon) = daemon {
            daemon.stop().await;
        }
    }
    assert!(asked >= 186 && wrong.is_empty(), "{} of {asked} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A daemon on a copy of the sample's log that has recorded what the case records before it asks.
async fn set_up(sample: &std::path::Path, own: &std::path::Path, case: &Value) -> Served {
    served::copy(sample, own);
    let daemon = Served::start(own).await;
    let commands = case["setup"].as_array().unwrap().iter();
    let commands = commands.map(|command| json::command_from_json(&command.to_string()).unwrap()).collect();
    daemon.record(commands, case["setupAsBatch"] == true).await;
    daemon
}

fn count(count: Option<v1::Count>) -> (u32, u32) {
    let v1::Count { certain, possible } = count.unwrap();
    (certain, possible)
}

#[tokio::test]
async fn the_anchored_answers() {
    let dir = served::dir();
    let daemon = Served::sample(dir.path()).await;
    let mut actors = ActorServiceClient::new(daemon.channel.clone());
    let on = |day| v1::GetStandingRequest { as_of: Some(as_of(day, None)), ..Default::default() };
    let then = actors.get_standing(on("2011-09-30")).await.unwrap().into_inner();
    assert_eq!((count(then.member_count), count(then.partner_count)), ((28, 0), (40, 1)));
    let holders = |framework: &str| {
        count(then.frameworks.iter().find(|f| f.framework == framework).unwrap().holder_count)
    };
    let all = ["frameworks/pfp", "frameworks/md", "frameworks/ici", "frameworks/patg"].map(holders);
    assert_eq!(all, [(22, 0), (7, 0), (4, 0), (7, 1)]);
    let iraq = then.partners.iter().find(|stood| stood.truth() == v1::Truth::Possibly).unwrap();
    assert_eq!(iraq.actor, "countries/iq");
    assert!(iraq.open_because[0].starts_with("in frameworks/patg from 2011 (events/"), "{iraq:?}");
    let today = actors.get_standing(on("2026-11-24")).await.unwrap().into_inner();
    assert_eq!(count(today.member_count), (32, 0));

    let mut agreements = AgreementServiceClient::new(daemon.channel.clone());
    for (known, signed) in [(AREAS + 403, "2013-04-13"), (AREAS + 406, "2013-04-15")] {
        let ask = v1::GetAgreementRequest {
            name: "agreements/jp-jpd-2013".into(),
            as_of: Some(as_of("", Some(known))),
            ..Default::default()
        };
        let found = agreements.get_agreement(ask).await.unwrap().into_inner().agreement.unwrap();
        assert_eq!(found.steps[0].date, signed);
    }
    let ask = v1::GetActorRequest {
        name: "countries/mt".into(),
        as_of: Some(as_of("2008-04-02", None)),
        ..Default::default()
    };
    let malta = actors.get_actor(ask).await.unwrap().into_inner().actor.unwrap();
    assert_eq!(malta.partner(), v1::Truth::No);
    daemon.stop().await;
}
