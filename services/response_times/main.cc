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
#include "services/response_times/service/backlog_gauges.h"
#include "services/response_times/service/response_times_metrics.h"
#include "services/response_times/service/response_times_service.h"

namespace rapport::response_times {
namespace {

struct Config {
  server::ServerConfig server;
  ResponseTimesOptions response_times;
  // Sketches have many cells: each dimension more costs more than it does for ratings.
  service::RollupConfig rollup{.dimensions = "agent,team,channel,plan"};
};

void AddResponseTimesFlags(CLI::App& app, Config& config) {
  const std::string group = "Response times";
  server::FlagGroup(app, group)
      .Add("--min-group-size", config.response_times.min_group_size,
           "Groups with fewer stretches than this are withheld from what customers and the public see",
           CLI::Range(1, 1000));
  service::AddRollupFlags(app, config.rollup, group);
}

absl::Status Run(const Config& config) {
  const auto dictionary_options = service::DictionaryOptionsOf(config.rollup);
  if (!dictionary_options.ok()) return dictionary_options.status();
  metrics::Registry registry;
  auto server = server::Server::Create(config.server, "response_times", registry);
  if (!server.ok()) return server.status();
  auto opened = service::OpenServiceStore(config.server, "response_times", registry, **server);
  if (!opened.ok()) return opened.status();
  store::Store& store = **opened;

  service::WriteMetrics write_metrics(registry);
  write::WritePath path(store, service::WriteOptionsOf(config.server), &write_metrics);
  (*server)->rpc().AskForRoom(
      [&path](absl::string_view tenant, int64_t events) { return path.CheckRoom(tenant, events); });
  const metrics::CollectHook queue_metrics = write_metrics.ShowQueue(path);
  rollup::Dictionary dictionary(store, *dictionary_options);
  ResponseTimesMetrics response_times_metrics(registry);
  for (const std::string& tenant : (*server)->tenants()) response_times_metrics.Of(tenant);
  ResourceStore resources(store, absl::Now);
  service::Tenants tenants(store);
  const uint32_t partitions = store.partition_count();
  Recorder recorder(path, dictionary, resources, tenants, partitions, response_times_metrics, absl::Now);
  PromiseRecorder promises(path, dictionary, tenants, partitions, response_times_metrics, absl::Now);
  Reader reader(store);
  IssueRecorder issues(path, reader, absl::Now);
  ResponseTimesService service((*server)->rpc(), {recorder, promises, issues, resources, reader, dictionary},
                               config.response_times);
  BacklogGauges gauges(reader, tenants, response_times_metrics);
  const metrics::CollectHook backlog_metrics = registry.OnCollect([&gauges] { gauges.Refresh(); });

  (*server)->AddService(&service, v1::ResponseTimesService::service_full_name());
  (*server)->AddReadinessCheck("store", [&store] { return store.Ping(); });
  (*server)->OnDrained([&path] { path.Close(); });
  absl::Status started = (*server)->Start();
  if (!started.ok()) return started;
  (*server)->WaitUntilShutdown();
  return absl::OkStatus();
}

}  // namespace
}  // namespace rapport::response_times

int main(int argc, char** argv) {
  using namespace rapport::response_times;
  Config config;
  const rapport::server::Program program{
      .name = "rapport-response-times",
      .description =
          "Takes the events of conversations exactly once, and answers how fast customers are answered, which promises "
          "were kept and who is waiting.",
      .next_step = "Import a first file: rapport conversations import --help",
      .port = 50052,
      .metrics_port = 9465,
  };
  const std::optional<int> exit_code = rapport::server::ParseServerFlags(
      argc, argv, program, config.server, [&](CLI::App& app) { AddResponseTimesFlags(app, config); });
  if (exit_code) return *exit_code;
  const absl::Status status = Run(config);
  if (status.ok()) return 0;
  std::cerr << program.name << ": " << status.message() << "\n";
  return 1;
}
