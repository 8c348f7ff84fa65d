#ifndef RAPPORT_SERVICES_CLI_CUSTOMER_OUTPUT_H_
#define RAPPORT_SERVICES_CLI_CUSTOMER_OUTPUT_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/customers.pb.h"
#include "rapport/churn/v1/features.pb.h"

namespace rapport::cli {

// An amount in the minor units of a currency as `49.90 EUR`.
std::string MoneyText(int64_t minor, absl::string_view currency);

// What is known of one customer, with the timeline.
std::string CustomerText(const churn::v1::GetCustomerResponse& response, absl::TimeZone zone);

std::string FoundText(const std::vector<churn::v1::FoundCustomer>& customers);

// The standard features, and what each says.
std::string FeatureSchemaText(const churn::v1::GetFeatureSchemaResponse& schema);
// The features of one customer, in the order and the words of the schema.
std::string FeaturesText(const churn::v1::GetFeatureSchemaResponse& schema, const churn::v1::CustomerFeatures& customer,
                         absl::TimeZone zone);

// Training data as CSV: a row a customer, the features in the order of the schema.
std::string TrainingCsvHeader(const churn::v1::GetFeatureSchemaResponse& schema);
std::string TrainingCsvLine(const churn::v1::GetFeatureSchemaResponse& schema,
                            const churn::v1::CustomerFeatures& customer, bool lost);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CUSTOMER_OUTPUT_H_
