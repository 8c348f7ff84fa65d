#ifndef RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_LIVES_H_
#define RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_LIVES_H_

#include <cstdint>
#include <vector>

#include "absl/time/civil_time.h"
#include "rapport/churn/v1/activities.pb.h"

// What the customers of the example month did and paid, from their signup on. Who waited long for answers, or rated
// them badly, uses the product less and is likelier to leave in the weeks after; some fade away for reasons of their
// own. More leave than in most companies, so that a month has enough to learn from.
namespace rapport::example {

// The lives of all customers up to the start of the day `end`, and how they used the product in the `days` UTC days
// before it. Lives begin in 2025. By customer, then in the order of time.
std::vector<churn::v1::Activity> ActivitiesOfCustomers(uint64_t seed, absl::CivilDay end, int days);

}  // namespace rapport::example

#endif  // RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_LIVES_H_
