from development.models.market import MarketNote
from development.models.pipeline import Competitor, Opportunity, PipelineRules, StageChange
from development.models.proposals import BenefitMonth, CatalogueService, Proposal, ProposalLine

__all__ = [
    "BenefitMonth",
    "CatalogueService",
    "Competitor",
    "MarketNote",
    "Opportunity",
    "PipelineRules",
    "Proposal",
    "ProposalLine",
    "StageChange",
]
