#ifndef RAPPORT_TESTS_BENCHMARK_RESPONSE_TIMES_LOAD_H_
#define RAPPORT_TESTS_BENCHMARK_RESPONSE_TIMES_LOAD_H_

#include <cstdint>
#include <string>

#include "tests/benchmark/conversations.h"

// Loads of the response times service and of its peer, as those in load.h.
namespace rapport::benchmark {

// Sends the events over IngestEvents, 1,000 a batch, on so many streams.
int RunEventIngest(const std::string& server, const DatasetOptions& options, int streams);

// Asks for first response times with quantiles and within 1 h and 6 h, so many times each: of June, of the year, and of
// the year by month and agent. Prints the medians of how long that took, and what the year's answer was.
int RunTimesQuery(const std::string& server, int repeat);

// Asks for what is compared with PostgreSQL's counters: of each metric of the year, how many there are and their mean.
int RunTimesTotals(const std::string& server);

// Calls a function of response_times.sql with the events, 1,000 a call, over so many connections.
int RunPostgresEventIngest(const std::string& where, const DatasetOptions& options, int connections,
                           const std::string& function);

// The questions of RunTimesQuery: from the table of stretches, from the events (the year), and from the roll-ups.
int RunPostgresTimesQuery(const std::string& where, int repeat);

}  // namespace rapport::benchmark

#endif  // RAPPORT_TESTS_BENCHMARK_RESPONSE_TIMES_LOAD_H_
