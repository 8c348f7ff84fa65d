#ifndef RAPPORT_SERVICES_RATINGS_SERVICE_CUSTOMERS_QUERY_H_
#define RAPPORT_SERVICES_RATINGS_SERVICE_CUSTOMERS_QUERY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rollup/dictionary.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/service/reader.h"

// What is known of customers. All of it blocks on the store.
namespace rapport::ratings {

absl::Status GetSatisfaction(Reader& reader, absl::string_view tenant,
                             const v1::BatchGetCustomerSatisfactionRequest& request,
                             v1::BatchGetCustomerSatisfactionResponse& response);

absl::Status RankCustomers(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant,
                           const v1::ListCustomersBySatisfactionRequest& request,
                           v1::ListCustomersBySatisfactionResponse& response);

// The ids of all records that name the customer.
absl::StatusOr<std::vector<std::string>> RecordsOfCustomer(Reader& reader, absl::string_view tenant,
                                                           const std::string& customer_id);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_SERVICE_CUSTOMERS_QUERY_H_
