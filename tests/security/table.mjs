// Who may call what: each RPC with the roles of which a caller needs one. An RPC that is not here fails the tests.
const table = `
  ratings
    RecordRating                     ingest
    RecordRatings                    ingest
    IngestRatings                    ingest
    RecordSurveys                    ingest
    GetRating                        read agent
    ListRatings                      read agent
    QueryRatings                     read
    BatchGetCustomerSatisfaction     read
    ListCustomersBySatisfaction      read
    WatchRatings                     read agent
    ExportRatings                    read
    EraseCustomer                    admin

  responseTimes
    RecordEvents                     ingest
    IngestEvents                     ingest
    QueryResponseTimes               read
    GetShareRank                     read agent
    GetConversation                  read agent
    ListWaiting                      read agent
    GetBacklog                       read agent
    BatchGetCustomerResponsiveness   read
    QueryEscalations                 read
    ExportEvents                     read
    EraseCustomer                    admin
    MakePromise                      ingest agent
    KeepPromise                      ingest agent
    CancelPromise                    ingest agent
    ListPromises                     read agent
    QueryPromises                    read
    WatchPromises                    read agent
    CreateBusinessCalendar           admin
    GetBusinessCalendar              read
    ListBusinessCalendars            read
    UpdateBusinessCalendar           admin
    CreateSlaPolicy                  admin
    GetSlaPolicy                     read
    ListSlaPolicies                  read
    UpdateSlaPolicy                  admin
    CreateTrackedIssue               ingest agent
    GetTrackedIssue                  read agent
    ListTrackedIssues                read agent
    LinkConversations                ingest agent
    UnlinkConversations              ingest agent
    ResolveTrackedIssue              ingest agent
    ListPeopleToTell                 read agent
    MarkPeopleTold                   ingest agent
    WatchResolutions                 read agent

  churn
    RecordActivities                 ingest
    IngestActivities                 ingest
    GetCustomer                      read agent
    SearchCustomers                  read agent
    EraseCustomer                    admin
    GetFeatureSchema                 read agent
    BatchGetFeatures                 read
    ExportTrainingData               read
    ScoreCustomer                    read agent
    BatchScoreCustomers              read
    ScoreFeatures                    read
    StreamScores                     read
    ListCustomersByRisk              read agent
    WatchRisk                        read agent
    SweepScores                      admin
    GetHealthRules                   read agent
    SetHealthRules                   admin
    TrainModel                       admin
    GetTraining                      read
    ListTrainings                    read
    CancelTraining                   admin
    ListModels                       read
    GetModel                         read
    ExportModel                      read
    ActivateModel                    admin
    RollBackModel                    admin
    SetShadowModel                   admin
    GetDrift                         read
    QueryChurn                       read
    QueryRetention                   read
    QueryConversion                  read
    ForecastPurchases                read
`;

// Everyone may call these, without a credential: health says no more than whether the service is ready, and reflection,
// which is off unless --reflection is given, what is in the protos.
export const forEveryone = ['grpc.health.v1.Health', 'grpc.reflection.v1alpha.ServerReflection'];

// By service as the harness names it, then by RPC: a list of roles.
export const rolesOf = {};
for (const line of table.split('\n').map((each) => each.trim()).filter(Boolean)) {
  const [name, ...roles] = line.split(/\s+/);
  if (roles.length === 0) {
    rolesOf[name] = {};
  } else {
    Object.values(rolesOf).at(-1)[name] = roles;
  }
}
