#include "services/churn/core/retention.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/string_view.h"
#include "common/estimates/figure.h"

namespace rapport::churn {
namespace {

using common::v1::Figure;
using stats::SurvivalStep;
using stats::SurvivalTime;

constexpr absl::string_view kRetention = "churn.retention.kaplan_meier.v1";
constexpr absl::string_view kMedianLifetime = "churn.lifetime.median.v1";
constexpr absl::string_view kConversion = "churn.conversion.within.v1";
constexpr double kHalf = 0.5;

using Lifetimes = std::map<double, SurvivalTime>;

void AddLifetime(const Tenure& tenure, absl::Time now, absl::TimeZone zone, Lifetimes& lifetimes) {
  const double months = MonthsBetween(tenure.start, std::max(tenure.start, std::min(tenure.end, now)), zone);
  SurvivalTime& same = lifetimes[months];
  same.time = months;
  ++(tenure.end <= now ? same.events : same.censored);
}

std::vector<SurvivalTime> InOrder(const Lifetimes& lifetimes) {
  std::vector<SurvivalTime> times;
  times.reserve(lifetimes.size());
  for (const auto& [months, time] : lifetimes) times.push_back(time);
  return times;
}

struct Total {
  int64_t customers = 0;
  int64_t lost = 0;
};

Total TotalOf(absl::Span<const SurvivalTime> lifetimes) {
  Total total;
  for (const SurvivalTime& each : lifetimes) {
    total.customers += each.events + each.censored;
    total.lost += each.events;
  }
  return total;
}

void AddPoints(absl::Span<const SurvivalTime> lifetimes, absl::Span<const SurvivalStep> steps, int64_t customers,
               double confidence, v1::RetentionFigures& figures) {
  auto next = lifetimes.begin();
  int64_t at_risk = customers;
  int64_t censored = 0;
  for (int months = 1;; ++months) {
    for (; next != lifetimes.end() && next->time < months; ++next) {
      at_risk -= next->events + next->censored;
      censored += next->censored;
    }
    if (next == lifetimes.end()) return;
    v1::RetentionPoint& point = *figures.add_points();
    point.set_months(months);
    point.set_at_risk(at_risk);
    Figure& retention = *point.mutable_retention();
    estimates::SetFigure(kRetention, customers, stats::SurvivalAt(steps, months, confidence), &retention);
    retention.set_censored_count(censored);
  }
}

void SetMedian(absl::Span<const SurvivalStep> steps, const Total& total, double confidence, Figure& figure) {
  estimates::SetFigure(kMedianLifetime, total.customers, std::nullopt, &figure);
  figure.set_censored_count(total.customers - total.lost);
  const auto median = stats::SurvivalQuantile(steps, kHalf, confidence);
  if (!median) return;
  figure.set_value(median->value);
  if (median->low) figure.set_ci_low(*median->low);
  if (median->high) figure.set_ci_high(*median->high);
}

}  // namespace

absl::Time AddMonths(absl::Time start, int64_t months, absl::TimeZone zone) {
  const absl::TimeZone::CivilInfo from = zone.At(start);
  const absl::CivilMonth month = absl::CivilMonth(from.cs) + months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  const absl::CivilDay day(month.year(), month.month(), std::min(from.cs.day(), last.day()));
  const absl::CivilSecond to(day.year(), day.month(), day.day(), from.cs.hour(), from.cs.minute(), from.cs.second());
  return absl::FromCivil(to, zone) + from.subsecond;
}

double MonthsBetween(absl::Time start, absl::Time end, absl::TimeZone zone) {
  int64_t months = absl::ToCivilMonth(end, zone) - absl::ToCivilMonth(start, zone);
  while (months > 0 && AddMonths(start, months, zone) > end) --months;
  const absl::Time last = months == 0 ? start : AddMonths(start, months, zone);
  const absl::Time next = AddMonths(start, months + 1, zone);
  return static_cast<double>(months) + absl::FDivDuration(end - last, next - last);
}

std::vector<SurvivalTime> LifetimesOf(absl::Span<const Tenure> tenures, absl::Time now, absl::TimeZone zone) {
  Lifetimes lifetimes;
  for (const Tenure& tenure : tenures) {
    if (tenure.start < now) AddLifetime(tenure, now, zone, lifetimes);
  }
  return InOrder(lifetimes);
}

std::map<absl::CivilMonth, std::vector<SurvivalTime>> CutIntoCohorts(absl::Span<const Tenure> tenures, absl::Time now,
                                                                     absl::TimeZone zone) {
  std::map<absl::CivilMonth, Lifetimes> cohorts;
  for (const Tenure& tenure : tenures) {
    if (tenure.start < now) AddLifetime(tenure, now, zone, cohorts[absl::ToCivilMonth(tenure.start, zone)]);
  }
  std::map<absl::CivilMonth, std::vector<SurvivalTime>> cut;
  for (const auto& [month, lifetimes] : cohorts) cut.emplace(month, InOrder(lifetimes));
  return cut;
}

v1::RetentionFigures MakeRetention(absl::Span<const SurvivalTime> lifetimes, double confidence) {
  const Total total = TotalOf(lifetimes);
  const std::vector<SurvivalStep> steps = stats::KaplanMeier(lifetimes);
  v1::RetentionFigures figures;
  figures.set_customer_count(total.customers);
  figures.set_lost_count(total.lost);
  AddPoints(lifetimes, steps, total.customers, confidence, figures);
  SetMedian(steps, total, confidence, *figures.mutable_median_lifetime_months());
  return figures;
}

Conversion CountConversions(absl::Span<const Signup> signups, int months, absl::Time now, absl::TimeZone zone) {
  Conversion conversion;
  for (const Signup& signup : signups) {
    const absl::Time end = AddMonths(signup.at, months, zone);
    if (end > now) {
      ++conversion.censored;
      continue;
    }
    ++conversion.proportion.total;
    if (signup.converted <= end) ++conversion.proportion.count;
  }
  return conversion;
}

v1::ConversionFigure MakeConversion(int months, const Conversion& conversion, double confidence) {
  v1::ConversionFigure figure;
  figure.set_months(months);
  estimates::SetProportion(kConversion, conversion.proportion, confidence, figure.mutable_conversion());
  figure.mutable_conversion()->set_censored_count(conversion.censored);
  return figure;
}

void CompareConversion(const v1::ConversionFigure& previous, const Conversion& before, const Conversion& now,
                       double confidence, v1::ConversionFigure* figure) {
  estimates::CompareProportion(previous.conversion(), before.proportion, now.proportion, confidence,
                               figure->mutable_conversion());
}

}  // namespace rapport::churn
