// All services, one file each.
#ifndef REDVEST_SERVICES_SERVICES_H_
#define REDVEST_SERVICES_SERVICES_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "services/calls.h"

namespace redvest {

std::unique_ptr<grpc::Service> NewAuditService(const Edge& edge);
std::unique_ptr<grpc::Service> NewBankStationService(const Edge& edge);
std::unique_ptr<grpc::Service> NewCanteenService(const Edge& edge);
std::unique_ptr<grpc::Service> NewDirectoryService(const Edge& edge);
std::unique_ptr<grpc::Service> NewIngestService(const Edge& edge);
std::unique_ptr<grpc::Service> NewLedgerService(const Edge& edge);
std::unique_ptr<grpc::Service> NewPolicyService(const Edge& edge);
std::unique_ptr<grpc::Service> NewVolunteerService(const Edge& edge);

}  // namespace redvest

#endif  // REDVEST_SERVICES_SERVICES_H_
