#include "deploy/local/example/example_lives.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "deploy/local/example/example_month.h"
#include "deploy/local/example/example_random.h"

namespace rapport::example {
namespace {

using churn::v1::Activity;

const absl::CivilDay kFirstSignup(2025, 1, 1);
constexpr double kDaysOfSignups = 600;
// Conversations before this day leave no trace: to look at those of all time would take long.
const absl::CivilDay kFirstExperience(2026, 6, 1);

constexpr int kDaysToConvert = 60;
constexpr double kLossPerDay = 0.0005;    // of those who have nothing to complain of
constexpr double kLossByGrievance = 5;    // logarithm of how much likelier those leave who have only that
constexpr double kFadesPerDay = 0.0008;   // begins to lose interest
constexpr double kLossByFading = 8;       // times as likely
constexpr double kUseWhileFading = 0.3;   // times as much
constexpr double kUseByGrievance = -0.9;  // logarithm of how much more
constexpr double kReturnsPerDay = 0.004;  // of those who left
constexpr double kChangesPlanPerDay = 0.0008;
constexpr double kInterestPerDay = 0.01;
constexpr double kConcernPerDay = 0.0005;
constexpr double kConcernByGrievance = 0.02;  // per day
constexpr int kDaysRemembered = 21;
constexpr int kDaysOfMonth = 30;

constexpr Weighted<const char*> kSegments[] = {{"agency", 0.3}, {"shop", 0.4}, {"startup", 0.2}, {"charity", 0.1}};
constexpr Weighted<const char*> kInterests[] = {{"white-papers", 0.5}, {"webinars", 0.3}, {"analytics", 0.2}};
constexpr Weighted<const char*> kConcerns[] = {{"slow-support", 0.4}, {"price", 0.3}, {"churn", 0.2}, {"outages", 0.1}};
constexpr Weighted<const char*> kReasons[] = {{"support too slow", 0.4}, {"too expensive", 0.3}, {"not used", 0.3}};
constexpr std::array kFeatures = {"calendar", "queue", "analytics", "team-inbox", "reports", "api", "mobile", "tags"};

// What a customer has met on one day: how many conversations, and how many of them left a grievance, which is a wait of
// more than six hours (two for more than a day) or a bad rating (two).
struct Experience {
  double conversations = 0;
  double grievances = 0;
};
// By customer, then by the day on which they know.
using Experiences = std::map<std::string, std::map<absl::CivilDay, Experience>>;

bool IsNegative(const ratings::v1::Rating& rating) {
  switch (rating.scale()) {
    case ratings::v1::SCALE_EMOTICON_3:
      return rating.emoticon() == ratings::v1::EMOTICON_UNHAPPY;
    case ratings::v1::SCALE_CSAT_5:
      return rating.points() <= 2;
    default:
      return rating.points() <= 6;
  }
}

Experiences ExperiencesUntil(uint64_t seed, absl::CivilDay end) {
  Experiences experiences;
  for (absl::CivilDay day = kFirstExperience; day < end; ++day) {
    for (const Conversation& conversation : ConversationsOfDay(seed, day)) {
      const absl::Duration wait = conversation.first_reply_at - conversation.opened_at;
      auto& days = experiences[conversation.customer_id];
      // Not later than anybody can see it.
      Experience& experience =
          days[day + static_cast<int>(absl::ToInt64Hours(std::min(wait, absl::Hours(48)))) / 24 + 1];
      experience.conversations += 1;
      experience.grievances += (wait > absl::Hours(6) ? 1 : 0) + (wait > absl::Hours(24) ? 1 : 0);
      const Feedback feedback = FeedbackOf(seed, conversation);
      if (!feedback.ratings.empty() && IsNegative(feedback.ratings.back())) experience.grievances += 2;
    }
  }
  return experiences;
}

// Lives one customer's life.
class Life {
 public:
  Life(uint64_t seed, const std::string& customer_id, const std::map<absl::CivilDay, Experience>* experiences,
       absl::CivilDay end, absl::CivilDay use_told_from, std::vector<Activity>& activities)
      : customer_id_(customer_id),
        traits_(TraitsOf(seed, customer_id)),
        random_(seed, absl::StrCat("life ", customer_id)),
        of_use_(seed, absl::StrCat("use ", customer_id)),
        experiences_(experiences),
        end_(end),
        use_told_from_(use_told_from),
        activities_(activities) {}

  void Live() {
    day_ = kFirstSignup + static_cast<int>(kDaysOfSignups * random_.Uniform());
    const absl::CivilDay converts = day_ + 3 + static_cast<int>(kDaysToConvert * random_.Uniform());
    const bool pays = traits_.plan != "free";
    monthly_minor_ = traits_.plan == "business" ? 4900 * (1 + static_cast<int64_t>(8 * random_.Uniform())) : 1900;
    uses_per_day_ = 1 + 12 * random_.Uniform();
    features_ = 2 + static_cast<size_t>(6 * random_.Uniform());
    if (day_ < end_) SignUp();
    for (; day_ < end_; ++day_) {
      if (pays && day_ == converts) Convert();
      if (active_) {
        SpendDay();
      } else if (lost_ && random_.Chance(kReturnsPerDay)) {
        Return();
      }
    }
  }

 private:
  // At a time of day that is the same for the same kind.
  Activity& Add(absl::string_view kind, absl::Duration time_of_day) {
    Activity& activity = activities_.emplace_back();
    activity.set_activity_id(absl::StrCat(kind, "-", absl::FormatCivilTime(day_)));
    activity.set_customer_id(customer_id_);
    SetTime(absl::FromCivil(day_, absl::UTCTimeZone()) + time_of_day, activity.mutable_occurred_at());
    return activity;
  }

  void SetSubscription(churn::v1::Subscription& subscription) const {
    subscription.set_plan(traits_.plan);
    subscription.set_monthly_recurring_minor(monthly_minor_);
    subscription.set_currency("USD");
  }

  void SignUp() {
    Add("signup", absl::Hours(9)).mutable_signed_up();
    auto& attributes = *Add("attributes", absl::Hours(9)).mutable_attributes_set()->mutable_attributes();
    attributes["segment"] = random_.Pick(kSegments);
    attributes["locale"] = traits_.locale;
    attributes["country"] = traits_.locale.substr(traits_.locale.find('-') + 1);
  }

  void Begin() {
    active_ = true;
    lost_ = false;
    fading_ = false;
    since_ = day_;
    if (traits_.plan == "business") {
      Add("owner", absl::Hours(11))
          .mutable_owner_assigned()
          ->set_owner_id(absl::StrFormat("agent-%02d", static_cast<int>(24 * random_.Uniform())));
    }
  }

  void Convert() {
    SetSubscription(*Add("conversion", absl::Hours(10)).mutable_converted()->mutable_subscription());
    Begin();
  }

  void Return() {
    SetSubscription(*Add("return", absl::Hours(10)).mutable_returned()->mutable_subscription());
    Begin();
  }

  // The share of the recent conversations that left a grievance, by weight, at most 1.
  double Grievance() const {
    if (experiences_ == nullptr) return 0;
    Experience recent;
    for (auto it = experiences_->lower_bound(day_ - kDaysRemembered); it != experiences_->end() && it->first <= day_;
         ++it) {
      recent.conversations += it->second.conversations;
      recent.grievances += it->second.grievances;
    }
    // One bad conversation is forgiven sooner than several.
    return std::min(1.0, recent.grievances / (recent.conversations + 1));
  }

  void SpendDay() {
    const double grievance = Grievance();
    fading_ = fading_ || random_.Chance(kFadesPerDay);
    Use(grievance);
    Bill(grievance);
    Speak(grievance);
    if (random_.Chance(kChangesPlanPerDay)) ChangePlan();
    const double loss = kLossPerDay * std::exp(kLossByGrievance * grievance) * (fading_ ? kLossByFading : 1);
    if (random_.Chance(std::min(loss, 0.3))) Leave();
  }

  // What was used before it is told of is lived through all the same, so that later days do not depend on it.
  void Use(double grievance) {
    const absl::Weekday weekday = absl::GetWeekday(day_);
    const bool weekend = weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
    const double expected =
        uses_per_day_ * (weekend ? 0.3 : 1.2) * std::exp(kUseByGrievance * grievance) * (fading_ ? kUseWhileFading : 1);
    const auto uses = static_cast<int64_t>(2 * expected * of_use_.Uniform());
    const auto feature = static_cast<size_t>(static_cast<double>(features_) * of_use_.Uniform());
    const bool logs_in = of_use_.Chance(0.3);
    if (uses == 0 || day_ < use_told_from_) return;
    Add("use", absl::Hours(15)).mutable_used()->set_quantity(uses);
    if (logs_in) Add("login", absl::Hours(14)).mutable_logged_in();
    if (uses % 2 == 0) Add("feature", absl::Hours(15)).mutable_feature_used()->set_feature(kFeatures[feature]);
  }

  void Bill(double grievance) {
    const int64_t age = day_ - since_;
    if (age % kDaysOfMonth == 0) {
      auto& invoice = *Add("invoice", absl::Hours(1)).mutable_invoiced();
      invoice.set_invoice_id(absl::StrCat("invoice-", absl::FormatCivilTime(day_)));
      invoice.set_amount_minor(monthly_minor_);
      invoice.set_currency("USD");
      SetTime(absl::FromCivil(day_ + 14, absl::UTCTimeZone()), invoice.mutable_due_at());
      open_invoice_ = invoice.invoice_id();
      pays_after_ = 1 + static_cast<int64_t>(random_.Uniform() * (fading_ || grievance > 0.5 ? 25 : 12));
    }
    if (!open_invoice_.empty() && age % kDaysOfMonth == pays_after_) {
      Add("payment", absl::Hours(12)).mutable_invoice_paid()->set_invoice_id(open_invoice_);
      open_invoice_.clear();
    }
  }

  void Speak(double grievance) {
    if (random_.Chance(kInterestPerDay)) {
      Add("interest", absl::Hours(16)).mutable_interest_shown()->set_topic(random_.Pick(kInterests));
    }
    if (random_.Chance(kConcernPerDay + kConcernByGrievance * grievance)) {
      Add("concern", absl::Hours(17)).mutable_concern_voiced()->set_topic(random_.Pick(kConcerns));
    }
  }

  void ChangePlan() {
    monthly_minor_ = std::max<int64_t>(900, random_.Chance(0.6) ? monthly_minor_ * 3 / 2 : monthly_minor_ * 7 / 10);
    SetSubscription(*Add("plan", absl::Hours(13)).mutable_plan_changed()->mutable_subscription());
  }

  void Leave() {
    Add("cancellation", absl::Hours(18)).mutable_cancelled()->set_reason(random_.Pick(kReasons));
    active_ = false;
    lost_ = true;
    open_invoice_.clear();
  }

  const std::string& customer_id_;
  const Traits traits_;
  Random random_;
  Random of_use_;
  const std::map<absl::CivilDay, Experience>* const experiences_;
  const absl::CivilDay end_;
  const absl::CivilDay use_told_from_;
  std::vector<Activity>& activities_;
  absl::CivilDay day_;
  absl::CivilDay since_;
  int64_t monthly_minor_ = 0;
  double uses_per_day_ = 0;
  size_t features_ = 0;
  bool active_ = false;
  bool lost_ = false;
  bool fading_ = false;
  std::string open_invoice_;
  int64_t pays_after_ = 0;
};

}  // namespace

std::vector<Activity> ActivitiesOfCustomers(uint64_t seed, absl::CivilDay end, int days) {
  const Experiences experiences = ExperiencesUntil(seed, end);
  std::vector<Activity> activities;
  for (int number = 0; number < kCustomers; ++number) {
    const std::string id = CustomerId(number);
    const auto found = experiences.find(id);
    Life(seed, id, found == experiences.end() ? nullptr : &found->second, end, end - days, activities).Live();
  }
  return activities;
}

}  // namespace rapport::example
