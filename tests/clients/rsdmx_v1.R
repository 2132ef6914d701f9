# rsdmx on the SDMX 2.1 API: BASE DATAFLOW STRUCTURE
suppressMessages(library(rsdmx))
arguments <- commandArgs(TRUE)
base <- paste0(arguments[1], "/sdmx/v1")
flow <- arguments[2]
cat("VERSION ", R.version.string, ", rsdmx ", as.character(packageVersion("rsdmx")), "\n", sep = "")

reading <- function(name, message) {
  # The client tells of its requests on standard output: before the reading begins, not within it.
  force(message)
  cat("READING", name, "\n")
  write.csv(as.data.frame(message, labels = FALSE), row.names = FALSE, na = "")
  cat("END\n")
}

structure <- readSDMX(paste0(base, "/datastructure/MIGHUB/", arguments[3], "/latest?references=descendants"), isURL = TRUE)
cat("FACT codelists", length(slot(slot(structure, "codelists"), "codelists")), "\n")
reading("generic 2.1", readSDMX(paste0(base, "/data/", flow, "/all/all"), isURL = TRUE))

builder <- SDMXREST21RequestBuilder(regUrl = base, repoUrl = base, compliant = TRUE)
addSDMXServiceProvider(SDMXServiceProvider(agencyId = "MIGHUB", name = "mighub", builder = builder))
reading("by provider", readSDMX(providerId = "MIGHUB", resource = "data", flowRef = flow, key = "all"))
flows <- as.data.frame(readSDMX(providerId = "MIGHUB", resource = "dataflow"))
cat("FACT flows", nrow(flows), "\n")
