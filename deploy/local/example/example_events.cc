// Sends a month of a made-up help desk to the services.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "deploy/local/example/example_conversations.h"
#include "deploy/local/example/example_lives.h"
#include "deploy/local/example/example_month.h"
#include "deploy/local/example/send_activities.h"
#include "deploy/local/example/send_conversations.h"
#include "deploy/local/example/send_ratings.h"

namespace rapport::example {
namespace {

int Main(int argc, char** argv) {
  CLI::App app(
      "Loads example events: what the customers of a made-up help desk ask, say and do within a month. The same seed "
      "and "
      "dates give the same events, so that loading them again changes nothing.");
  std::string ratings = "127.0.0.1:50051";
  std::string response_times = "127.0.0.1:50052";
  std::string churn = "127.0.0.1:50053";
  uint64_t seed = 2013;
  int days = 30;
  std::string until;
  app.add_option("--ratings-server", ratings, "Address of the ratings service, without TLS; `none` sends no ratings")
      ->capture_default_str();
  app.add_option("--response-times-server", response_times,
                 "Address of the response times service, without TLS; `none` sends no conversations")
      ->capture_default_str();
  app.add_option("--churn-server", churn, "Address of the churn service, without TLS; `none` sends no activities")
      ->capture_default_str();
  app.add_option("--seed", seed, "Another seed makes another month")->capture_default_str();
  app.add_option("--days", days, "How many UTC days")->capture_default_str()->check(CLI::Range(1, 366));
  app.add_option("--until", until, "First UTC day that is not filled, as 2014-01-01; today if not given");
  CLI11_PARSE(app, argc, argv);

  absl::CivilDay end = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone());
  if (!until.empty() && !absl::ParseCivilTime(until, &end)) {
    std::cerr << "--until: '" << until << "' is not a day; write it as 2014-01-01\n";
    return 2;
  }
  bool good = ratings == "none" || SendRatings(ratings, FeedbackOfDays(seed, end, days));
  good = (response_times == "none" || SendConversations(response_times, EventsOfDays(seed, end, days))) && good;
  // How much a customer uses the product is judged by a quarter of a year and more.
  good = (churn == "none" || SendActivities(churn, ActivitiesOfCustomers(seed, end, 4 * days))) && good;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace rapport::example

int main(int argc, char** argv) {
  return rapport::example::Main(argc, argv);
}
