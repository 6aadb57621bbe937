"""The home folder of one person or company: keys, believed keys, contracts, lists once seen."""
