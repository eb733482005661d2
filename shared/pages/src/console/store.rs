//! The app store: four cards, one app with its prices, trial and order.

use super::countdown::left;
use super::field::{Choice, Field, tick};
use super::layout::{Frame, document};
use super::orders::ORDERS;
use super::texts::Label;
use super::translate::translate;
use crate::tasks::moment;
use maud::{Markup, html};
use tenon_model::{Language, Module};

/// The store's path.
pub const PATH: &str = "/system/app-store";

/// How a tenant stands with a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleStatus {
    /// Nothing yet.
    None,
    /// Being tried, until then.
    Trial(i64),
    /// Paid, until then.
    Active(i64),
    /// For good.
    ForGood,
    /// Its time is up since then.
    Expired(i64),
    /// Ended by a refund.
    Canceled,
}

/// A module as the store offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The module.
    pub module: Module,
    /// What it does, as the operator has it.
    pub description: String,
    /// Prices of a month, a year, and for good, in fen.
    pub prices: [i64; 3],
    /// Days of its trial.
    pub trial_days: u16,
    /// Whether it may be tried and bought.
    pub enabled: bool,
    /// Whether it may be tried at all.
    pub trial_supported: bool,
    /// Whether this tenant may try it.
    pub can_try: bool,
    /// How the tenant stands.
    pub status: ModuleStatus,
    /// Its version, which a change names.
    pub version: u64,
}

/// What a module is called.
pub fn module_name(language: Language, module: Module) -> &'static str {
    match language {
        Language::Zh => module.name(),
        Language::En => match module {
            Module::OrderSync => "Order sync",
            Module::QualityFeedback => "Quality feedback",
            Module::LogisticsSync => "Logistics",
            Module::PaymentSync => "Payment",
        },
    }
}

fn about(frame: &Frame, card: &Card) -> Markup {
    let standard = match card.module {
        Module::OrderSync => Label::AboutOrders,
        Module::QualityFeedback => Label::AboutQuality,
        Module::LogisticsSync => Label::AboutLogistics,
        Module::PaymentSync => Label::AboutPayment,
    };
    // What the operator wrote is in the operator's language.
    let own = frame.language == Language::Zh || card.description != standard.of(Language::Zh);
    let tag = (own && frame.language == Language::En).then_some("zh-CN");
    html! { p lang=[tag] { @if own { (card.description) } @else { (frame.text(standard)) } } }
}

/// An amount of money.
pub fn yuan(fen: i64) -> String {
    match fen % 100 {
        0 => format!("¥{}", fen / 100),
        rest => format!("¥{}.{rest:02}", fen / 100),
    }
}

/// The state of a module, in words.
pub fn module_status(frame: &Frame, status: ModuleStatus, now_ms: i64) -> Markup {
    let (class, label, until) = match status {
        ModuleStatus::None => ("badge", Label::NotSubscribed, None),
        ModuleStatus::Trial(until) => ("badge warn", Label::Trialling, Some(until)),
        ModuleStatus::Active(until) => ("badge good", Label::Active, Some(until)),
        ModuleStatus::ForGood => ("badge good", Label::ActiveForGood, None),
        ModuleStatus::Expired(_) => ("badge bad", Label::Expired, None),
        ModuleStatus::Canceled => ("badge bad", Label::Canceled, None),
    };
    html! {
        span class=(class) { (frame.text(label)) @if let Some(until) = until { " · " (left(frame.language, until, now_ms)) } }
        @if let ModuleStatus::Trial(until) | ModuleStatus::Active(until) | ModuleStatus::Expired(until) = status {
            " " span.hint { (frame.text(Label::Until)) " " (moment(until)) }
        }
    }
}

const DAY_MS: i64 = 86_400_000;

/// What ends soon: told from seven days before, and more plainly on the last.
pub fn renewals<'c>(frame: &Frame, all: impl Iterator<Item = (Module, ModuleStatus)> + 'c, now_ms: i64) -> Markup {
    let soon: Vec<(Module, i64)> = all
        .filter_map(|(module, status)| match status {
            ModuleStatus::Trial(until) | ModuleStatus::Active(until)
                if until - now_ms <= 7 * DAY_MS && until > now_ms =>
            {
                Some((module, until))
            }
            _ => None,
        })
        .collect();
    html! {
        @for (module, until) in soon {
            @let last_day = until - now_ms <= DAY_MS;
            p.told.warn.wrong[last_day] role=(if last_day { "alert" } else { "status" }) {
                strong { (frame.text(if last_day { Label::EndsTomorrow } else { Label::EndsSoon })) }
                " " (module_name(frame.language, module)) " · " (left(frame.language, until, now_ms)) " · " (moment(until)) " "
                @if !frame.operator {
                    a href=(frame.at(&format!("{PATH}/{}", module.code()), &[])) { (frame.text(Label::Renew)) }
                }
            }
        }
    }
}

/// The four cards.
pub fn page(frame: &Frame, cards: &[Card], now_ms: i64) -> String {
    let content = html! {
        h1 { (frame.text(Label::AppStore)) }
        (renewals(frame, cards.iter().map(|card| (card.module, card.status)), now_ms))
        ul.cards.four { @for card in cards { li data-row { (tile(frame, card, now_ms)) } } }
        p { a href=(frame.at(ORDERS, &[])) { (frame.text(if frame.operator { Label::AllOrders } else { Label::MyOrders })) } }
    };
    document(frame, frame.text(Label::AppStore), &content)
}

fn tile(frame: &Frame, card: &Card, now_ms: i64) -> Markup {
    let path = frame.at(&format!("{PATH}/{}", card.module.code()), &[]);
    let name = module_name(frame.language, card.module);
    let buys = match card.status {
        ModuleStatus::None | ModuleStatus::Trial(_) => Label::Buy,
        ModuleStatus::Active(_) | ModuleStatus::Expired(_) | ModuleStatus::Canceled => Label::Renew,
        ModuleStatus::ForGood => Label::Details,
    };
    html! {
        h2 { a href=(path) { (name) } }
        p { code { (card.module.code()) } }
        (about(frame, card))
        p.price { (yuan(card.prices[0])) " " small { "/ " (frame.text(Label::Month)) } }
        @if !frame.operator { p { (module_status(frame, card.status, now_ms)) } }
        @if !card.enabled { p { span.badge { (frame.text(Label::NotOffered)) } } }
        p.actions {
            @if frame.operator {
                a.button href=(path) { (frame.text(Label::Change)) span.hidden { " " (name) } }
            } @else {
                @if card.can_try {
                    a.button href={ (path) "#trial" } {
                        (frame.text(Label::Try)) span.hidden { " " (name) }
                    }
                }
                @if card.enabled { a.button href={ (path) "#order" } { (frame.text(buys)) span.hidden { " " (name) } } }
            }
        }
    }
}

/// One app of the store.
pub struct App<'a> {
    /// The module.
    pub card: &'a Card,
    /// What the order or the change was filled in with.
    pub filled: &'a [(String, String)],
    /// What was wrong with it: the field and the words.
    pub wrong: Option<(&'a str, &'a str)>,
    /// Epoch ms.
    pub now_ms: i64,
}

impl App<'_> {
    fn given(&self, name: &str) -> &str {
        self.filled.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }
}

/// Its page.
pub fn app(frame: &Frame, app: &App<'_>) -> String {
    let card = app.card;
    let name = module_name(frame.language, card.module);
    let content = html! {
        p.back { a href=(frame.at(PATH, &[])) { "← " (frame.text(Label::AppStore)) } }
        h1 { (name) " " code { (card.module.code()) } }
        @if let Some((field, message)) = app.wrong {
            p.told.wrong role="alert" { (frame.text(Label::NotTaken)) ": " (translate(frame.language, message)) " " code { (field) } }
        }
        section.panel {
            (about(frame, card))
            @if !frame.operator { p { (module_status(frame, card.status, app.now_ms)) } }
            (prices(frame, card))
        }
        @if frame.operator { (edit(frame, app)) } @else {
            @if card.can_try { (trial(frame, card)) }
            @if card.enabled && card.status != ModuleStatus::ForGood { (order(frame, app)) }
            @if !card.enabled { p.nothing { (frame.text(Label::NotOffered)) } }
        }
    };
    document(frame, name, &content)
}

fn prices(frame: &Frame, card: &Card) -> Markup {
    let terms = [Label::Monthly, Label::Yearly, Label::ForGood];
    html! {
        div.scroll tabindex="0" role="region" aria-label=(frame.text(Label::Prices)) {
            table.list {
                caption { (frame.text(Label::Prices)) }
                thead { tr { @for term in terms { th scope="col" { (frame.text(term)) } } } }
                tbody { tr { @for fen in card.prices { td { (yuan(fen)) } } } }
            }
        }
        p.hint { (frame.text(Label::PricesHint)) }
    }
}

/// The rules stand before the button.
fn trial(frame: &Frame, card: &Card) -> Markup {
    let rules = [Label::TrialOnce, Label::TrialQuota, Label::TrialWhole, Label::TrialEnds, Label::TrialKey];
    let action = format!("{PATH}/{}/trial", card.module.code());
    html! {
        section.panel #trial aria-labelledby="trial-title" {
            h2 #trial-title { (frame.text(Label::Try)) }
            ul.steps {
                li { (frame.text(Label::TrialDays)) " " strong { (card.trial_days) } " " (frame.text(Label::Days)) }
                @for rule in rules { li { (frame.text(rule)) } }
            }
            (frame.form(&action, "", &html! { button { (frame.text(Label::StartTrial)) } }))
        }
    }
}

fn order(frame: &Frame, app: &App<'_>) -> Markup {
    let card = app.card;
    let action = format!("{PATH}/{}/order", card.module.code());
    let terms = [("MONTHLY", Label::Monthly), ("YEARLY", Label::Yearly), ("PERPETUAL", Label::ForGood)];
    let terms: Vec<Choice> = terms
        .iter()
        .zip(card.prices)
        .map(|((value, label), fen)| Choice::new(*value, format!("{} · {}", frame.text(*label), yuan(fen))))
        .collect();
    let text =
        |name: &'static str, label: Label| Field::text(name, frame.text(label), app.given(name)).wrong(app.wrong);
    let count = if app.given("userCount").is_empty() { "1" } else { app.given("userCount") };
    let content = html! {
        (text("subscriptionType", Label::Term).choice(&terms))
        (Field::text("userCount", frame.text(Label::UserCount), count).of("number").wrong(app.wrong).markup())
        (text("contactName", Label::ContactName).required().most(50).markup())
        (text("contactPhone", Label::ContactPhone).of("tel").required().most(20).markup())
        (text("contactEmail", Label::ContactEmail).of("email").most(100).markup())
        (text("companyName", Label::CompanyName).most(100).markup())
        fieldset {
            legend { (frame.text(Label::Invoice)) }
            (tick("invoiceRequired", frame.text(Label::InvoiceWanted), app.given("invoiceRequired") == "true", false))
            (text("invoiceTitle", Label::InvoiceTitle).most(100).markup())
            (text("invoiceTaxNo", Label::InvoiceTaxNo).hint(frame.text(Label::InvoiceTaxNoHint)).most(20).markup())
        }
        @if matches!(card.status, ModuleStatus::Trial(_)) {
            (tick("newCredentials", frame.text(Label::NewCredentials), app.given("newCredentials") == "true", false))
        }
        p.hint { (frame.text(Label::OrderHint)) }
        p.actions { button { (frame.text(Label::PlaceOrder)) } }
    };
    html! {
        section.panel #order aria-labelledby="order-title" {
            h2 #order-title { (frame.text(match card.status { ModuleStatus::None | ModuleStatus::Trial(_) => Label::Buy, _ => Label::Renew })) }
            (frame.form(&action, "fields", &content))
        }
    }
}

/// What the operator may change.
fn edit(frame: &Frame, app: &App<'_>) -> Markup {
    let card = app.card;
    let action = format!("{PATH}/{}/edit", card.module.code());
    let plain = |fen: i64| yuan(fen).trim_start_matches('¥').to_owned();
    let (month, good, days, version) =
        (plain(card.prices[0]), plain(card.prices[2]), card.trial_days.to_string(), card.version.to_string());
    let content = html! {
        input type="hidden" name="version" value=(version);
        (Field::text("monthlyPrice", frame.text(Label::MonthlyPrice), &month).wrong(app.wrong).required().markup())
        (Field::text("perpetualPrice", frame.text(Label::PerpetualPrice), &good).wrong(app.wrong).required().markup())
        (Field::text("trialDays", frame.text(Label::TrialDaysField), &days).of("number").wrong(app.wrong).required().markup())
        (Field::text("description", frame.text(Label::Description), &card.description).wrong(app.wrong).most(2000).lines())
        (tick("trialSupported", frame.text(Label::TrialSupported), card.trial_supported, false))
        (tick("enabled", frame.text(Label::Offered), card.enabled, false))
        p.hint { (frame.text(Label::PriceChangeHint)) }
        p.actions { button { (frame.text(Label::Save)) } }
    };
    html! { section.panel aria-labelledby="edit-title" {
        h2 #edit-title { (frame.text(Label::Change)) }
        (frame.form(&action, "fields", &content))
    } }
}
