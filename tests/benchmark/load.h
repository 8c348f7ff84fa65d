#ifndef RAPPORT_TESTS_BENCHMARK_LOAD_H_
#define RAPPORT_TESTS_BENCHMARK_LOAD_H_

#include <cstdint>
#include <string>

// Loads, each against a server that runs already, on loopback. Every one is bounded by a count or by seconds, prints
// its figures as one line of JSON on standard output, and returns the exit code.
namespace rapport::benchmark {

// Calls RecordRating with new ratings, `in_flight` at a time, for so long.
int RunUnary(const std::string& server, int in_flight, double seconds, const std::string& prefix);

// Records ratings [from, to) of `count` by RecordRatings, 1,000 a batch, `in_flight` batches at a time.
int RunIngest(const std::string& server, int64_t from, int64_t to, int64_t count, int in_flight);

// Asks for the month by agent, so many times. With `customers`, the customer-weighted figures as well.
int RunQuery(const std::string& server, int repeat, bool customers);

// Sets as many values of a rating's size, 1,000 a pipeline, one pipeline at a time.
int RunRedisSet(int port, int64_t count);

// The same ratings into PostgreSQL: insert on conflict and roll-ups in one statement, 1,000 a statement, over so many
// connections. `setup` makes the tables first. With `least`, only the least roll-ups.
int RunPostgresIngest(const std::string& connection, int64_t from, int64_t to, int64_t count, int connections,
                      bool setup, bool least);

// The month by agent from the table of ratings, and from the roll-ups.
int RunPostgresQuery(const std::string& connection, int repeat);

}  // namespace rapport::benchmark

#endif  // RAPPORT_TESTS_BENCHMARK_LOAD_H_
