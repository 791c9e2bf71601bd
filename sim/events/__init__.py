"""What happens in one replication: workload, 119 centre, dispatch, fireground, the SimPy model, records."""
