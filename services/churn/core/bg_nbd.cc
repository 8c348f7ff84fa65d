#include "services/churn/core/bg_nbd.h"

#include <nlopt.h>

#include <algorithm>
#include <array>
#include <boost/math/quadrature/sinh_sinh.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <map>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/stats/boost_policy.h"

namespace rapport::churn {
namespace {

using v1::PurchaseModel;

// The search is over the logarithms of r, alpha, a and b, in ages of which the mean is 1.
constexpr int kParameters = 4;
using Logarithms = std::array<double, kParameters>;
constexpr double kLowest = -12;
constexpr double kHighest = 12;
constexpr double kAtBound = 0.01;
constexpr int kMostEvaluations = 2'000;

constexpr double kIntegralTolerance = 1e-10;

struct Parameters {
  double r, alpha, a, b;
};

Parameters ParametersOf(const PurchaseModel& model) {
  return {model.r(), model.alpha(), model.a(), model.b()};
}

// Boost's, as that of the C library writes to a global variable.
double LogGamma(double x) {
  return boost::math::lgamma(x, stats::NoThrow());
}

// The derivative of LogGamma.
double Digamma(double x) {
  return boost::math::digamma(x, stats::NoThrow());
}

// log(1 + exp(x)).
double Softplus(double x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

double Logistic(double x) {
  return x > 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

// How the logarithms of two likelihoods differ: of having left at the last purchase, and of being there still.
double LogOddsOfHavingLeft(const Parameters& p, const PurchaseHistory& history) {
  const auto x = static_cast<double>(history.repeats);
  return std::log(p.a) - std::log(p.b + x - 1) +
         (p.r + x) * std::log1p((history.age - history.recency) / (p.alpha + history.recency));
}

// The log-likelihood, and its derivatives by r, alpha, a and b.
struct Likelihood {
  double value = 0;
  Parameters slope{};
};

// What depends on the number of purchases alone, of `customers` with `repeats` of them.
void AddCounts(const Parameters& p, int64_t repeats, int64_t customers, Likelihood& sum) {
  const auto x = static_cast<double>(repeats);
  const auto n = static_cast<double>(customers);
  sum.value += n * (LogGamma(p.r + x) - LogGamma(p.r) + LogGamma(p.a + p.b) - LogGamma(p.a + p.b + x) +
                    LogGamma(p.b + x) - LogGamma(p.b));
  sum.slope.r += n * (Digamma(p.r + x) - Digamma(p.r));
  const double slope_a = Digamma(p.a + p.b) - Digamma(p.a + p.b + x);
  sum.slope.a += n * slope_a;
  sum.slope.b += n * (slope_a + Digamma(p.b + x) - Digamma(p.b));
}

// The rest, of one customer.
void AddTimes(const Parameters& p, const PurchaseHistory& history, Likelihood& sum) {
  const auto x = static_cast<double>(history.repeats);
  const double until_end = p.alpha + history.age;
  sum.value += -p.r * std::log1p(history.age / p.alpha) - x * std::log(until_end);
  sum.slope.r -= std::log1p(history.age / p.alpha);
  sum.slope.alpha += p.r * history.age / (p.alpha * until_end) - x / until_end;
  if (history.repeats == 0) return;
  const double log_odds = LogOddsOfHavingLeft(p, history);
  const double left = Logistic(log_odds);
  const double until_last = p.alpha + history.recency;
  sum.value += Softplus(log_odds);
  sum.slope.r += left * std::log1p((history.age - history.recency) / until_last);
  sum.slope.alpha += left * (p.r + x) * (1 / until_end - 1 / until_last);
  sum.slope.a += left / p.a;
  sum.slope.b -= left / (p.b + x - 1);
}

// Histories, with those of the same number of purchases counted.
struct Observed {
  explicit Observed(absl::Span<const PurchaseHistory> all) : histories(all.begin(), all.end()) {
    for (const PurchaseHistory& each : histories) ++by_repeats[each.repeats];
  }

  Likelihood LikelihoodUnder(const Parameters& p) const {
    Likelihood sum;
    for (const auto& [repeats, customers] : by_repeats) AddCounts(p, repeats, customers, sum);
    for (const PurchaseHistory& each : histories) AddTimes(p, each, sum);
    return sum;
  }

  std::vector<PurchaseHistory> histories;
  std::map<int64_t, int64_t> by_repeats;
};

Parameters ParametersAt(const double* logarithms) {
  return {std::exp(logarithms[0]), std::exp(logarithms[1]), std::exp(logarithms[2]), std::exp(logarithms[3])};
}

// For NLopt: the mean log-likelihood, which does not grow with the data as the tolerances do not either.
double MeanLogLikelihood(unsigned, const double* logarithms, double* gradient, void* data) {
  const auto& observed = *static_cast<const Observed*>(data);
  const auto n = static_cast<double>(observed.histories.size());
  const Parameters p = ParametersAt(logarithms);
  const Likelihood likelihood = observed.LikelihoodUnder(p);
  if (gradient != nullptr) {
    gradient[0] = likelihood.slope.r * p.r / n;
    gradient[1] = likelihood.slope.alpha * p.alpha / n;
    gradient[2] = likelihood.slope.a * p.a / n;
    gradient[3] = likelihood.slope.b * p.b / n;
  }
  return likelihood.value / n;
}

absl::StatusOr<Logarithms> Maximize(Observed& observed) {
  const std::unique_ptr<nlopt_opt_s, decltype(&nlopt_destroy)> search(nlopt_create(NLOPT_LD_SLSQP, kParameters),
                                                                      nlopt_destroy);
  nlopt_set_max_objective(search.get(), MeanLogLikelihood, &observed);
  nlopt_set_lower_bounds1(search.get(), kLowest);
  nlopt_set_upper_bounds1(search.get(), kHighest);
  nlopt_set_xtol_rel(search.get(), 1e-10);
  nlopt_set_ftol_abs(search.get(), 1e-14);
  nlopt_set_maxeval(search.get(), kMostEvaluations);
  Logarithms at{};
  double value = 0;
  const nlopt_result result = nlopt_optimize(search.get(), at.data(), &value);
  // Where rounding stops the search, the best point found is as good as doubles allow.
  const bool found = (result > 0 && result != NLOPT_MAXEVAL_REACHED) || result == NLOPT_ROUNDOFF_LIMITED;
  if (!found || !std::isfinite(value)) {
    return absl::InternalError(absl::StrCat(
        "the search for the BG/NBD parameters ended without a result (NLopt: ", nlopt_result_to_string(result),
        "); check the unit of the times and look for extreme histories"));
  }
  return at;
}

double MeanAge(absl::Span<const PurchaseHistory> histories) {
  double sum = 0;
  for (const PurchaseHistory& each : histories) sum += each.age;
  return sum / static_cast<double>(histories.size());
}

absl::Status ValidateHistories(absl::Span<const PurchaseHistory> histories) {
  bool repeats = false;
  for (size_t i = 0; i < histories.size(); ++i) {
    const absl::Status status = ValidateHistory(histories[i]);
    if (!status.ok()) return {status.code(), absl::StrCat("histories[", i, "]: ", status.message())};
    repeats = repeats || histories[i].repeats > 0;
  }
  if (repeats) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("no customer of ", histories.size(), " bought again; observe them for longer"));
}

// Expected purchases in `length` of one who is there at its begin, as the mean over the probability p of leaving at a
// purchase of (1 - (1 + p length / alpha)^-r) / p, the expectation for given p. In closed form, with Gauss's 2F1, it
// divides by a - 1, cancels, and converges slowly over long times; this does not. The integral is over the log-odds of
// p, in which the beta density has one smooth hump and light tails, however small a or b.
double ExpectedOfAlive(const Parameters& model, double length) {
  const double scale = model.a + model.b;
  const double log_beta = LogGamma(model.a) + LogGamma(model.b) - LogGamma(scale);
  const double mode = std::log(model.a) - std::log(model.b);
  const double width = std::sqrt(scale / (model.a * model.b));
  const double time = length / model.alpha;
  const auto integrand = [&](double u) {
    const double log_odds = mode + width * u;
    const double log_density = -model.a * Softplus(-log_odds) - model.b * Softplus(log_odds) - log_beta;
    const double p = Logistic(log_odds);
    const double purchases = p * time < 1e-12 ? model.r * time : -std::expm1(-model.r * std::log1p(p * time)) / p;
    return width * std::exp(log_density) * purchases;
  };
  // Holds tables of abscissas only; integrates in many threads at a time, though its declaration lacks the const.
  static boost::math::quadrature::sinh_sinh<double, stats::NoThrow> integrator;
  return integrator.integrate(integrand, kIntegralTolerance);
}

}  // namespace

std::optional<PurchaseHistory> HistoryOf(std::vector<absl::CivilDay> purchases, absl::CivilDay end) {
  std::sort(purchases.begin(), purchases.end());
  purchases.erase(std::unique(purchases.begin(), purchases.end()), purchases.end());
  purchases.erase(std::upper_bound(purchases.begin(), purchases.end(), end), purchases.end());
  if (purchases.empty()) return std::nullopt;
  return PurchaseHistory{static_cast<int64_t>(purchases.size()) - 1,
                         static_cast<double>(purchases.back() - purchases.front()),
                         static_cast<double>(end - purchases.front())};
}

absl::Status ValidateHistory(const PurchaseHistory& history) {
  if (history.repeats < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("repeats is ", history.repeats, "; it counts purchases after the first and is at least 0"));
  }
  if (!std::isfinite(history.age) || history.age < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("age is ", history.age, "; it is the time from the first purchase to the end, at least 0"));
  }
  // Negated, so that not-a-number is refused.
  if (!(history.recency >= 0 && history.recency <= history.age)) {
    return absl::InvalidArgumentError(
        absl::StrCat("recency is ", history.recency,
                     "; it is the time from the first to the last purchase, 0 to the age, which is ", history.age));
  }
  if ((history.repeats > 0) != (history.recency > 0)) {
    return absl::InvalidArgumentError(absl::StrCat("recency is ", history.recency, " with repeats ", history.repeats,
                                                   "; it is above 0 when there are repeats, and 0 otherwise"));
  }
  return absl::OkStatus();
}

double LogLikelihood(const PurchaseModel& model, absl::Span<const PurchaseHistory> histories) {
  return Observed(histories).LikelihoodUnder(ParametersOf(model)).value;
}

absl::StatusOr<PurchaseModel> FitPurchaseModel(absl::Span<const PurchaseHistory> histories) {
  if (const absl::Status status = ValidateHistories(histories); !status.ok()) return status;
  const double unit = MeanAge(histories);
  Observed observed(histories);
  for (PurchaseHistory& each : observed.histories) {
    each.recency /= unit;
    each.age /= unit;
  }
  const absl::StatusOr<Logarithms> best = Maximize(observed);
  if (!best.ok()) return best.status();
  const Parameters p = ParametersAt(best->data());
  PurchaseModel model;
  model.set_r(p.r);
  model.set_alpha(p.alpha * unit);
  model.set_a(p.a);
  model.set_b(p.b);
  model.set_log_likelihood(LogLikelihood(model, histories));
  model.set_customer_count(static_cast<int64_t>(histories.size()));
  model.set_at_bound(std::any_of(best->begin(), best->end(), [](double logarithm) {
    return logarithm < kLowest + kAtBound || logarithm > kHighest - kAtBound;
  }));
  return model;
}

double ExpectedPurchasesOfNew(const PurchaseModel& model, double length) {
  return ExpectedOfAlive(ParametersOf(model), length);
}

v1::PurchaseForecast Forecast(const PurchaseModel& model, const PurchaseHistory& history, double length) {
  const Parameters p = ParametersOf(model);
  const auto x = static_cast<double>(history.repeats);
  v1::PurchaseForecast forecast;
  forecast.set_alive(history.repeats == 0 ? 1 : Logistic(-LogOddsOfHavingLeft(p, history)));
  // What is known of one who is alive: all of `age` passed without leaving, and with `x` purchases.
  const Parameters alive = {p.r + x, p.alpha + history.age, p.a, p.b + x};
  forecast.set_expected_purchases(forecast.alive() * ExpectedOfAlive(alive, length));
  return forecast;
}

}  // namespace rapport::churn
