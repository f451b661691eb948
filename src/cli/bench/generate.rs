//! `minuted bench generate`: decades of an office's records, as many as are asked for.
//!
//! 1. They have the shape of the sample, which is recorded first: its actors, topics, operations, how many take part, and
//!    how much rests on no confirmed source.
//! 2. The same seed makes the same commands, ids and all: what was recorded once is not recorded again.

use std::collections::BTreeSet;

use clap::Args;
use jiff::civil::Date;

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::json;
use crate::cli::progress::Progress;
use crate::cli::sample::{self, SAMPLE};
use crate::proto::v1::fact::Kind;
use crate::proto::v1::record_service_client::RecordServiceClient;
use crate::proto::v1::{
    Access, ActivityKind, ActivityOffered, AgreementAdvanced, AgreementKind, AgreementOpened, AgreementStep,
    Answer, Attendance, Command, ContributionRecorded, Core, Delegation, Fact, InvitationAnswered, Level,
    MeetingHeld, MeetingPlanned, Mode, ParticipationRecorded, RecordRequest, Source, Valid, Venue,
};

/// Commands of one request.
const BATCH: usize = 250;
/// The first year of what is generated, and how many there are.
const FIRST_YEAR: i16 = 1995;
const YEARS: u64 = 31;

/// How much is generated.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  minuted serve --data-dir /tmp/million
  minuted bench generate --events 1000000
  minuted bench ask")]
pub(crate) struct Generate {
    /// How many events, those of the sample among them
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    events: u64,
    /// Another seed makes other events
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl Generate {
    /// Records the sample, and what is generated from it.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        sample::record(client).await?;
        let sample = Sample::read()?;
        let wanted = self.events.saturating_sub(sample.commands);
        let mut office = Office {
            sample,
            seed: self.seed,
            random: fastrand::Rng::with_seed(self.seed),
            made: 0,
            wanted,
            next: Vec::new(),
        };
        let mut service = RecordServiceClient::new(client.bounded().await?);
        let mut progress = Progress::new(Some(wanted));
        let mut left = wanted;
        while left > 0 {
            let commands: Vec<_> = std::iter::repeat_with(|| office.command())
                .take(usize::try_from(left).map_or(BATCH, |left| left.min(BATCH)))
                .collect();
            let count = commands.len() as u64;
            service.record(RecordRequest { commands, validate_only: false }).await?;
            left -= count;
            progress.advance(count);
        }
        progress.finish();
        Ok(())
    }
}

/// What the sample has that others are made of.
struct Sample {
    commands: u64,
    /// How many of them have a source that is not confirmed.
    unconfirmed: u64,
    countries: Vec<String>,
    /// Since which year who has been a partner, of those who stayed one.
    partners: Vec<(i16, String)>,
    meetings: Vec<MeetingHeld>,
    agreements: Vec<AgreementOpened>,
    contributions: Vec<(Valid, ContributionRecorded)>,
}

impl Sample {
    fn read() -> Result<Sample, Failure> {
        let commands = json::commands(SAMPLE).map_err(Failure::Input)?;
        let mut sample = Sample {
            commands: commands.len() as u64,
            unconfirmed: 0,
            countries: Vec::new(),
            partners: Vec::new(),
            meetings: Vec::new(),
            agreements: Vec::new(),
            contributions: Vec::new(),
        };
        let mut no_longer = BTreeSet::new();
        for command in commands {
            sample.unconfirmed += u64::from(command.source.as_ref().is_some_and(|source| source.unconfirmed));
            let since = command.valid.as_ref().map_or("", |valid| valid.from.as_str());
            match command.fact.and_then(|fact| fact.kind) {
                Some(Kind::ActorRegistered(_)) if command.name.starts_with("countries/") => {
                    sample.countries.push(command.name);
                }
                Some(Kind::FrameworkJoined(_)) => {
                    let year = since.get(..4).and_then(|year| year.parse().ok()).unwrap_or(i16::MAX);
                    sample.partners.push((year, command.name));
                }
                Some(Kind::FrameworkLeft(_) | Kind::MemberAdmitted(_) | Kind::CooperationSuspended(_)) => {
                    no_longer.insert(command.name);
                }
                Some(Kind::MeetingHeld(meeting)) => sample.meetings.push(meeting),
                Some(Kind::AgreementOpened(agreement)) => sample.agreements.push(agreement),
                Some(Kind::ContributionRecorded(contribution)) => {
                    sample.contributions.push((command.valid.unwrap_or_default(), contribution));
                }
                _ => {}
            }
        }
        sample.partners.retain(|(_, name)| !no_longer.contains(name));
        Ok(sample)
    }
}

/// An office that goes on recording.
struct Office {
    sample: Sample,
    seed: u64,
    random: fastrand::Rng,
    made: u64,
    wanted: u64,
    /// What comes next of something that takes several commands, the last first.
    next: Vec<Command>,
}

impl Office {
    fn command(&mut self) -> Command {
        loop {
            if let Some(command) = self.next.pop() {
                self.made += 1;
                return command;
            }
            let mut commands = match self.random.u8(..100) {
                0..70 => self.meeting(),
                70..82 => self.agreement(),
                82..92 => self.contribution(),
                _ => self.activity(),
            };
            commands.reverse();
            self.next = commands;
        }
    }

    fn meeting(&mut self) -> Vec<Command> {
        let number = self.number();
        let like = self.random.usize(..self.sample.meetings.len());
        let MeetingHeld { topics, level, venue, core, delegations, declared_total, .. } =
            self.sample.meetings[like].clone();
        let delegations: Vec<Delegation> = self
            .countries(delegations.len().max(1))
            .into_iter()
            .map(|actor| Delegation {
                actor,
                attendance: Attendance::Attended.into(),
                ..Delegation::default()
            })
            .collect();
        let topic = topics.first().map_or("partnership", String::as_str);
        let titles = [
            ("en".to_owned(), format!("Meeting {number} on {topic}")),
            ("fr".to_owned(), format!("Réunion {number} : {topic}")),
        ];
        let level = if level == 0 { Level::Officials.into() } else { level };
        let venue = venue.map(|venue| Venue { name: String::new(), ..venue });
        let day = self.day();
        let when = self.inexact(day);
        let name = format!("meetings/g{number}");
        let mut commands = Vec::new();
        let planned = self.random.u8(..100) < 30;
        if planned {
            let invited = delegations.clone();
            let plan = MeetingPlanned {
                titles: titles.clone().into(),
                level,
                topics: topics.clone(),
                venue: venue.clone(),
                mode: Mode::InPerson.into(),
                core: if core == 0 { Core::Members.into() } else { core },
                delegations: invited.iter().map(|one| Delegation { attendance: 0, ..one.clone() }).collect(),
                ..MeetingPlanned::default()
            };
            commands.push(self.about(&name, Some(&when), Kind::MeetingPlanned(plan)));
            for one in invited.iter().take(2) {
                let answer = if self.random.u8(..10) < 8 { Answer::Accepted } else { Answer::Declined };
                let answer = InvitationAnswered { actor: one.actor.clone(), answer: answer.into() };
                commands.push(self.about(&name, None, Kind::InvitationAnswered(answer)));
            }
        }
        // Some stay planned.
        if !planned || self.random.u8(..10) < 9 {
            let held = MeetingHeld {
                titles: titles.into(),
                level,
                topics,
                venue,
                mode: Mode::InPerson.into(),
                core: if core == 0 { Core::Members.into() } else { core },
                declared_total: declared_total.filter(|total| *total as usize >= delegations.len()),
                named_is_complete: Some(false),
                delegations,
                ..MeetingHeld::default()
            };
            commands.push(self.about(&name, Some(&when), Kind::MeetingHeld(held)));
        }
        commands
    }

    fn agreement(&mut self) -> Vec<Command> {
        let number = self.number();
        let like = self.random.usize(..self.sample.agreements.len());
        let partner = self.sample.agreements[like].partner.clone();
        let kinds = [AgreementKind::JointDeclaration, AgreementKind::Sofa, AgreementKind::Transit];
        let kind = kinds[self.random.usize(..kinds.len())];
        let opened = AgreementOpened {
            titles: [
                ("en".to_owned(), format!("Programme {number}")),
                ("fr".to_owned(), format!("Programme n° {number}")),
            ]
            .into(),
            // Of which many may stand at once.
            kind: kind.into(),
            step: AgreementStep::Negotiating.into(),
            partner,
            ..AgreementOpened::default()
        };
        let day = self.day();
        let name = format!("agreements/g{number}");
        let later = |days: i64| day.saturating_add(jiff::Span::new().days(days)).to_string();
        vec![
            self.about(&name, Some(&day.to_string()), Kind::AgreementOpened(opened)),
            self.about(
                &name,
                Some(&later(90)),
                Kind::AgreementAdvanced(AgreementAdvanced { step: AgreementStep::Approved.into() }),
            ),
            self.about(
                &name,
                Some(&later(120)),
                Kind::AgreementAdvanced(AgreementAdvanced { step: AgreementStep::Signed.into() }),
            ),
        ]
    }

    fn contribution(&mut self) -> Vec<Command> {
        let number = self.number();
        let like = self.random.usize(..self.sample.contributions.len());
        let (valid, contribution) = self.sample.contributions[like].clone();
        vec![self.about(
            &format!("contributions/g{number}"),
            Some(&valid.from),
            Kind::ContributionRecorded(ContributionRecorded { observed: true, ..contribution }),
        )]
    }

    fn activity(&mut self) -> Vec<Command> {
        let number = self.number();
        let name = format!("activities/g{number}");
        let date = self.day();
        let day = date.to_string();
        let offered = ActivityOffered {
            kind: ActivityKind::CapacityBuilding.into(),
            titles: [
                ("en".to_owned(), format!("Course {number}")),
                ("fr".to_owned(), format!("Cours n° {number}")),
            ]
            .into(),
            access: Access::AllPartners.into(),
            ..ActivityOffered::default()
        };
        let mut commands = vec![self.about(&name, Some(&day), Kind::ActivityOffered(offered))];
        let partners = self.sample.partners.iter().filter(|(since, _)| *since < date.year());
        let some = self.random.choose_multiple(partners.map(|(_, name)| name.clone()), 3);
        let some: BTreeSet<String> = some.into_iter().collect();
        for participant in some {
            let participation = ParticipationRecorded { participant };
            commands.push(self.about(&name, Some(&day), Kind::ParticipationRecorded(participation)));
        }
        commands
    }

    /// Different ones.
    fn countries(&mut self, count: usize) -> Vec<String> {
        self.random.choose_multiple(self.sample.countries.iter(), count).into_iter().cloned().collect()
    }

    /// Of something new, whatever other seeds made.
    fn number(&self) -> String {
        format!("{}-{}", self.seed, self.made)
    }

    /// The years go by as the records are made, each up to three months apart from its turn.
    fn day(&mut self) -> Date {
        let begin = Date::constant(FIRST_YEAR, 4, 1);
        let days = self.made * YEARS * 365 / self.wanted.max(1);
        let apart = self.random.i64(-90..=90);
        begin.saturating_add(jiff::Span::new().days(i64::try_from(days).unwrap_or(0) + apart))
    }

    /// One in seven is known by its month, and one in twenty by its year.
    fn inexact(&mut self, day: Date) -> String {
        match self.random.u8(..100) {
            0..80 => day.to_string(),
            80..95 => day.strftime("%Y-%m").to_string(),
            _ => day.strftime("%Y").to_string(),
        }
    }

    fn about(&mut self, name: &str, from: Option<&str>, kind: Kind) -> Command {
        let unconfirmed = self.random.u64(..self.sample.commands) < self.sample.unconfirmed;
        let text = "generated: minuted bench generate".to_owned();
        Command {
            command_id: uuid::Builder::from_random_bytes(self.random.u128(..).to_be_bytes())
                .into_uuid()
                .to_string(),
            name: name.to_owned(),
            expected_version: None,
            valid: from.map(|from| Valid { from: from.to_owned(), to: String::new() }),
            source: Some(Source { text, unconfirmed }),
            fact: Some(Fact { kind: Some(kind) }),
        }
    }
}
