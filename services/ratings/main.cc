#include <iostream>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "common/metrics/registry.h"
#include "common/rollup/dictionary.h"
#include "common/server/flag_group.h"
#include "common/server/flags.h"
#include "common/server/server.h"
#include "common/service/rollup_flags.h"
#include "common/service/service_store.h"
#include "common/service/write_metrics.h"
#include "common/write/write_path.h"
#include "services/ratings/service/ratings_metrics.h"
#include "services/ratings/service/ratings_service.h"

namespace rapport::ratings {
namespace {

struct Config {
  server::ServerConfig server;
  RatingsOptions ratings;
  service::RollupConfig rollup;
};

void AddRatingsFlags(CLI::App& app, Config& config) {
  const std::string group = "Ratings";
  server::FlagGroup(app, group)
      .Add("--min-group-size", config.ratings.min_group_size,
           "Groups with fewer ratings than this have their figures withheld, so that no one is unmasked",
           CLI::Range(1, 1000));
  service::AddRollupFlags(app, config.rollup, group);
}

absl::Status Run(const Config& config) {
  const auto dictionary_options = service::DictionaryOptionsOf(config.rollup);
  if (!dictionary_options.ok()) return dictionary_options.status();
  metrics::Registry registry;
  auto server = server::Server::Create(config.server, "ratings", registry);
  if (!server.ok()) return server.status();
  auto opened = service::OpenServiceStore(config.server, "ratings", registry, **server);
  if (!opened.ok()) return opened.status();
  store::Store& store = **opened;

  service::WriteMetrics write_metrics(registry);
  write::WritePath path(store, service::WriteOptionsOf(config.server), &write_metrics);
  (*server)->rpc().AskForRoom(
      [&path](absl::string_view tenant, int64_t events) { return path.CheckRoom(tenant, events); });
  const metrics::CollectHook queue_metrics = write_metrics.ShowQueue(path);
  rollup::Dictionary dictionary(store, *dictionary_options);
  RatingsMetrics ratings_metrics(registry);
  for (const std::string& tenant : (*server)->tenants()) ratings_metrics.Of(tenant);
  Recorder recorder(path, dictionary, store.partition_count(), ratings_metrics, absl::Now);
  Reader reader(store);
  RatingsService ratings((*server)->rpc(), recorder, reader, dictionary, config.ratings);

  (*server)->AddService(&ratings, v1::RatingsService::service_full_name());
  (*server)->AddReadinessCheck("store", [&store] { return store.Ping(); });
  (*server)->OnDrained([&path] { path.Close(); });
  absl::Status started = (*server)->Start();
  if (!started.ok()) return started;
  (*server)->WaitUntilShutdown();
  return absl::OkStatus();
}

}  // namespace
}  // namespace rapport::ratings

int main(int argc, char** argv) {
  using namespace rapport::ratings;
  Config config;
  const rapport::server::Program program{
      .name = "rapport-ratings",
      .description =
          "Takes ratings (emoticons, thumbs, CSAT, NPS, CES) exactly once, and answers with figures that "
          "carry their sample size and interval.",
      .next_step =
          "Record a first rating: rapport ratings record --rating-id=r1 --customer=c1 --scale=CSAT_5 --score=5",
      .port = 50051,
      .metrics_port = 9464,
  };
  const std::optional<int> exit_code = rapport::server::ParseServerFlags(
      argc, argv, program, config.server, [&](CLI::App& app) { AddRatingsFlags(app, config); });
  if (exit_code) return *exit_code;
  const absl::Status status = Run(config);
  if (status.ok()) return 0;
  std::cerr << program.name << ": " << status.message() << "\n";
  return 1;
}
