#ifndef RAPPORT_COMMON_METRICS_RUNTIME_METRICS_H_
#define RAPPORT_COMMON_METRICS_RUNTIME_METRICS_H_

#include "common/metrics/definition.h"

// What every service measures. A service adds a list of its own beside this one.
namespace rapport::metrics {

inline constexpr double kRpcSeconds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                         0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30};
inline constexpr double kBatchEvents[] = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000};

inline constexpr Definition kRpcRequests{.name = "rapport_rpc_requests_total",
                                         .help = "Finished calls, by RPC and gRPC status code.",
                                         .type = Type::kCounter,
                                         .labels = {"rpc", "code"}};
inline constexpr Definition kRpcDuration{.name = "rapport_rpc_duration_seconds",
                                         .help = "Time from the arrival of a call to its answer, by RPC.",
                                         .type = Type::kHistogram,
                                         .labels = {"rpc"},
                                         .buckets = kRpcSeconds};
inline constexpr Definition kRpcInFlight{.name = "rapport_rpc_in_flight",
                                         .help = "Calls being answered now, by RPC.",
                                         .type = Type::kGauge,
                                         .labels = {"rpc"}};
inline constexpr Definition kRateLimited{.name = "rapport_rate_limited_total",
                                         .help = "Refusals because a tenant exceeded a limit, by what was limited.",
                                         .type = Type::kCounter,
                                         .labels = {"limit"}};
inline constexpr Definition kConnections{
    .name = "rapport_connections", .help = "Connections of callers that are open.", .type = Type::kGauge};
inline constexpr Definition kConnectionsRefused{.name = "rapport_connections_refused_total",
                                                .help =
                                                    "Connections closed at once because there were as many as "
                                                    "--max-connections, or the limit of open files, allows.",
                                                .type = Type::kCounter};
inline constexpr Definition kConnectionsCut{
    .name = "rapport_connections_cut_total",
    .help = "Connections that only sent, cut because the process was about to hold more than --memory-limit.",
    .type = Type::kCounter};
inline constexpr Definition kExecutorQueue{.name = "rapport_executor_queue_tasks",
                                           .help = "Tasks that wait for a thread of the executor.",
                                           .type = Type::kGauge};
inline constexpr Definition kExecutorCapacity{
    .name = "rapport_executor_queue_capacity_tasks",
    .help = "Tasks that may wait for a thread of the executor before more are refused.",
    .type = Type::kGauge};
inline constexpr Definition kExecutorBusy{.name = "rapport_executor_busy_threads",
                                          .help = "Threads of the executor that run a task now.",
                                          .type = Type::kGauge};
inline constexpr Definition kExecutorRefused{.name = "rapport_executor_refused_total",
                                             .help =
                                                 "Tasks refused by the executor, by why: its queue was full, or they "
                                                 "waited too long.",
                                             .type = Type::kCounter,
                                             .labels = {"reason"}};
inline constexpr Definition kCredentialReloads{.name = "rapport_credentials_reloads_total",
                                               .help = "Attempts to read the credentials file, by outcome.",
                                               .type = Type::kCounter,
                                               .labels = {"outcome"}};
inline constexpr Definition kCredentialsValid{
    .name = "rapport_credentials_valid",
    .help = "1 while the credentials file on disk is the one in use, 0 when it is broken and an earlier one is used.",
    .type = Type::kGauge};
inline constexpr Definition kReady{
    .name = "rapport_ready", .help = "1 while the server is ready for calls.", .type = Type::kGauge};
inline constexpr Definition kBuildInfo{.name = "rapport_build_info",
                                       .help = "1, labelled with the version that runs.",
                                       .type = Type::kGauge,
                                       .labels = {"version"}};

inline constexpr Definition kProcessCpu{
    .name = "process_cpu_seconds_total", .help = "User and system time spent.", .type = Type::kCounter};
inline constexpr Definition kProcessResidentMemory{
    .name = "process_resident_memory_bytes", .help = "Resident memory.", .type = Type::kGauge};
inline constexpr Definition kProcessHeap{.name = "process_heap_bytes",
                                         .help = "Memory in use of what malloc has; the rest of it is kept for later.",
                                         .type = Type::kGauge};
inline constexpr Definition kProcessOpenFds{
    .name = "process_open_fds", .help = "Open file descriptors.", .type = Type::kGauge};
inline constexpr Definition kProcessMaxFds{
    .name = "process_max_fds", .help = "Greatest number of open file descriptors.", .type = Type::kGauge};
inline constexpr Definition kProcessThreads{
    .name = "process_threads", .help = "Threads of the process.", .type = Type::kGauge};
inline constexpr Definition kProcessStartTime{.name = "process_start_time_seconds",
                                              .help = "Start of the process, in seconds since the Unix epoch.",
                                              .type = Type::kGauge};

inline constexpr Definition kStoreDuration{.name = "rapport_store_operation_duration_seconds",
                                           .help = "Time of store operations, failed ones included.",
                                           .type = Type::kHistogram,
                                           .labels = {"operation"},
                                           .buckets = kRpcSeconds};
inline constexpr Definition kStoreErrors{.name = "rapport_store_errors_total",
                                         .help = "Failed store operations; version conflicts are not failures.",
                                         .type = Type::kCounter,
                                         .labels = {"operation"}};
inline constexpr Definition kStoreUnsafe{
    .name = "rapport_store_unsafe_settings",
    .help = "Settings of the store under which acknowledged data could be lost; the log names them.",
    .type = Type::kGauge};

inline constexpr Definition kWriteQueueEvents{.name = "rapport_write_queue_events",
                                              .help = "Events accepted by the write path and not yet acknowledged.",
                                              .type = Type::kGauge};
inline constexpr Definition kWriteQueueCapacity{.name = "rapport_write_queue_capacity_events",
                                                .help = "Events that the write path may hold before it refuses more.",
                                                .type = Type::kGauge};
inline constexpr Definition kWriteQueueBytes{
    .name = "rapport_write_queue_bytes",
    .help = "Bytes, as sent, of the events accepted by the write path and not yet acknowledged.",
    .type = Type::kGauge};
inline constexpr Definition kWriteQueueCapacityBytes{
    .name = "rapport_write_queue_capacity_bytes",
    .help = "Bytes of events that the write path may hold before it refuses more.",
    .type = Type::kGauge};
inline constexpr Definition kWriteBatchEvents{.name = "rapport_write_batch_events",
                                              .help = "Events per commit of the write path.",
                                              .type = Type::kHistogram,
                                              .buckets = kBatchEvents};
inline constexpr Definition kWriteConflicts{
    .name = "rapport_write_conflicts_total",
    .help = "Mutations planned again because another writer had changed an entity.",
    .type = Type::kCounter};
inline constexpr Definition kWriteCommits{.name = "rapport_write_commits_total",
                                          .help = "Commits sent to the store by the write path.",
                                          .type = Type::kCounter};

inline constexpr const Definition* kRuntimeMetrics[] = {&kRpcRequests,
                                                        &kRpcDuration,
                                                        &kRpcInFlight,
                                                        &kRateLimited,
                                                        &kConnections,
                                                        &kConnectionsRefused,
                                                        &kConnectionsCut,
                                                        &kExecutorQueue,
                                                        &kExecutorCapacity,
                                                        &kExecutorBusy,
                                                        &kExecutorRefused,
                                                        &kCredentialReloads,
                                                        &kCredentialsValid,
                                                        &kReady,
                                                        &kBuildInfo,
                                                        &kProcessCpu,
                                                        &kProcessResidentMemory,
                                                        &kProcessHeap,
                                                        &kProcessOpenFds,
                                                        &kProcessMaxFds,
                                                        &kProcessThreads,
                                                        &kProcessStartTime,
                                                        &kStoreDuration,
                                                        &kStoreErrors,
                                                        &kStoreUnsafe,
                                                        &kWriteQueueEvents,
                                                        &kWriteQueueCapacity,
                                                        &kWriteQueueBytes,
                                                        &kWriteQueueCapacityBytes,
                                                        &kWriteBatchEvents,
                                                        &kWriteConflicts,
                                                        &kWriteCommits};

}  // namespace rapport::metrics

#endif  // RAPPORT_COMMON_METRICS_RUNTIME_METRICS_H_
